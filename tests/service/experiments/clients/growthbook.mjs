// Reads {url, clientKey, flags, users} from stdin; prints what the unmodified client evaluates.
import { readFileSync } from "node:fs";
import { GrowthBook } from "@growthbook/growthbook";

const { url, clientKey, flags, users } = JSON.parse(readFileSync(0, "utf8"));
const growthbook = new GrowthBook({ apiHost: url, clientKey });
const loaded = await growthbook.init({ timeout: 5000 });
if (!loaded.success) throw loaded.error ?? new Error(`not loaded from ${loaded.source}`);
const answers = [];
for (const attributes of users) {
  await growthbook.setAttributes(attributes);
  const answer = {};
  for (const key of Object.keys(flags)) {
    const { value, source, experimentResult } = growthbook.evalFeature(key);
    answer[key] = { value, source, variation: experimentResult?.key };
  }
  answers.push(answer);
}
console.log(JSON.stringify(answers));
growthbook.destroy();
process.exit(0);
