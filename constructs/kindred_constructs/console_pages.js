// A CloudFront Function, on each viewer's request to the console's bucket.
const MISSING = "<404.html>";
const PAGES = ["/index.html", "/404.html", "/config.json", "/robots.txt"];

function handler(event) {
  const request = event.request;
  if (request.uri === "/") {
    request.uri = "/index.html";
  }
  if (PAGES.includes(request.uri) || request.uri.startsWith("/assets/")) {
    return request;
  }
  return {
    statusCode: 404,
    statusDescription: "Not Found",
    headers: {
      "content-type": { value: "text/html; charset=utf-8" },
      "cache-control": { value: "no-store" },
      "x-content-type-options": { value: "nosniff" },
    },
    body: { encoding: "text", data: MISSING },
  };
}
