// What the API answered, as elements. Text goes in as text: nothing of it is read as markup.
export function experiments(found) {
  return table("Experiments", found.experiments, {
    Name: (each) => `${each.name} (${each.key})`,
    Status: (each) => each.status,
    Variations: (each) =>
      each.variations.map((one) => `${one.key} ${Math.round(one.weight * 100)} %`).join(", "),
    Owner: (each) => each.owner,
    Changed: (each) => moment(each.updated_at),
  });
}

export function deployments(found) {
  return table("Deployments of models", found.deployments, {
    Deployment: (each) => each.deployment_id,
    Endpoint: (each) => each.endpoint,
    State: (each) => each.state,
    Stage: (each) => each.stage ?? "",
    Reason: (each) => each.reason ?? "",
    Begun: (each) => `${moment(each.created_at)} by ${each.created_by}`,
  });
}

export function note(text) {
  return element("p", text);
}

export function problem(error) {
  const shown = element("p", error.message);
  shown.className = "problem";
  shown.setAttribute("role", "alert");
  return shown;
}

function table(caption, rows, columns) {
  if (rows.length === 0) return note(`${caption}: none yet.`);
  const head = element("tr", ...Object.keys(columns).map((name) => {
    const cell = element("th", name);
    cell.setAttribute("scope", "col");
    return cell;
  }));
  const body = rows.map((row) =>
    element("tr", ...Object.values(columns).map((shown) => element("td", shown(row)))));
  return element("table", element("caption", caption), element("thead", head), element("tbody", ...body));
}

function moment(text) {
  return text ? new Date(text).toLocaleString() : "";
}

function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}
