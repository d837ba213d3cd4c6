// Signs in on Cognito's pages and comes back with a code, which only this page can use (PKCE, RFC
// 7636). Tokens stay in this tab and end with it.
const TOKEN = "kindred.id_token";
const PENDING = "kindred.sign_in";

export async function beginSignIn(config, page) {
  const verifier = randomText(64);
  const state = randomText(32);
  page.sessionStorage.setItem(PENDING, JSON.stringify({ verifier, state, hash: page.location.hash }));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: config.clientId,
    redirect_uri: home(page),
    scope: "openid email profile",
    state,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: "S256",
  });
  page.location.assign(`${config.signInUrl}/oauth2/authorize?${query}`);
}

export async function finishSignIn(config, page, fetching = fetch) {
  const query = new URLSearchParams(page.location.search);
  const pending = JSON.parse(page.sessionStorage.getItem(PENDING) ?? "null");
  if (!query.has("code") && !query.has("error")) return;
  page.sessionStorage.removeItem(PENDING);
  // The code is of no more use, and nobody shall find it in the address.
  page.history.replaceState(null, "", `/${pending?.hash ?? ""}`);
  if (query.has("error")) throw new Error(query.get("error_description") ?? query.get("error"));
  if (!pending || query.get("state") !== pending.state) {
    throw new Error("this sign-in was not begun here: sign in again");
  }
  const answer = await fetching(`${config.signInUrl}/oauth2/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: config.clientId,
      redirect_uri: home(page),
      code: query.get("code"),
      code_verifier: pending.verifier,
    }).toString(),
  });
  if (!answer.ok) throw new Error("the code was not taken: sign in again");
  page.sessionStorage.setItem(TOKEN, (await answer.json()).id_token);
}

export function person(page, now = Date.now()) {
  const token = page.sessionStorage.getItem(TOKEN);
  if (!token) return null;
  const claims = JSON.parse(fromBase64Url(token.split(".")[1]));
  if (claims.exp * 1000 <= now) {
    page.sessionStorage.removeItem(TOKEN);
    return null;
  }
  return { token, email: claims.email ?? claims["cognito:username"] };
}

export function signOut(config, page) {
  page.sessionStorage.removeItem(TOKEN);
  const query = new URLSearchParams({ client_id: config.clientId, logout_uri: home(page) });
  page.location.assign(`${config.signInUrl}/logout?${query}`);
}

export async function challengeOf(verifier) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return toBase64Url(new Uint8Array(digest));
}

// The one address that Cognito sends people back to.
function home(page) {
  return `${page.location.origin}/`;
}

function randomText(bytes) {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(bytes)));
}

function toBase64Url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function fromBase64Url(text) {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return new TextDecoder().decode(Uint8Array.from(binary, (each) => each.charCodeAt(0)));
}
