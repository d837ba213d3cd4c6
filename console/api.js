// Reads from the API, which is in the console's own origin.
export class Problem extends Error {
  // `status` is HTTP's; `detail` says what was given and what is allowed.
  constructor(status, title, detail) {
    super(detail ? `${title}: ${detail}` : title);
    this.status = status;
  }
}

export async function read(path, token, fetching = fetch) {
  const answer = await fetching(path, {
    headers: { accept: "application/json", authorization: `Bearer ${token}` },
    cache: "no-store",
  });
  if (answer.ok) return answer.json();
  if (answer.status === 401) throw new Problem(401, "Signed out", "sign in again");
  const said = await answer.json().catch(() => ({}));
  throw new Problem(answer.status, said.title ?? `HTTP ${answer.status}`, said.detail);
}
