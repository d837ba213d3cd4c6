// The console: who is signed in, and what the address after the # asks for.
import { read } from "./api.js";
import { beginSignIn, finishSignIn, person, signOut } from "./sign_in.js";
import { deployments, experiments, note, problem } from "./views.js";

const VIEWS = {
  "#/experiments": { path: "/api/v1/experiments?limit=50", show: experiments },
  "#/deployments": { path: "/deployments?limit=50", show: deployments },
};

async function start() {
  const answer = await fetch("/config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error("the console is not configured: publish it again");
  const config = await answer.json();
  await finishSignIn(config, window);
  const button = document.getElementById("sign");
  button.hidden = false;
  button.addEventListener("click", () =>
    person(window) ? signOut(config, window) : beginSignIn(config, window));
  window.addEventListener("hashchange", show);
  await show();
}

async function show() {
  const someone = person(window);
  document.getElementById("person").textContent = someone ? someone.email : "";
  document.getElementById("sign").textContent = someone ? "Sign out" : "Sign in";
  const address = location.hash in VIEWS ? location.hash : "#/experiments";
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === address) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const { path, show: rendered } = VIEWS[address];
  replace(someone
    ? await read(path, someone.token).then(rendered, problem)
    : note("Sign in to see experiments and deployments."));
}

function replace(content) {
  document.getElementById("view").replaceChildren(content);
}

start().catch((error) => replace(problem(error)));
