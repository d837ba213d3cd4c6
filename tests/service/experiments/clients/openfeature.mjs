// Reads {url, flags: {key: type}, users} from stdin; prints what the unmodified client says.
import { readFileSync } from "node:fs";
import { OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";

const { url, flags, users } = JSON.parse(readFileSync(0, "utf8"));
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url }));
const client = OpenFeature.getClient();
const ask = {
  boolean: (key, context) => client.getBooleanDetails(key, false, context),
  string: (key, context) => client.getStringDetails(key, "none", context),
  number: (key, context) => client.getNumberDetails(key, -1, context),
  json: (key, context) => client.getObjectDetails(key, {}, context),
};
const answers = [];
for (const { id, ...attributes } of users) {
  const context = { targetingKey: id, ...attributes };
  const answer = {};
  for (const [key, type] of Object.entries(flags)) {
    const { value, variant, reason, errorCode } = await ask[type](key, context);
    answer[key] = { value, variant, reason, errorCode };
  }
  answers.push(answer);
}
console.log(JSON.stringify(answers));
