/**
 * Tells where servers may send us, on a machine whose names a test has chosen:
 * given pairs of URLs as JSON, from where and where to, prints the problems of
 * redirects, and of token services.
 */

import {
  findAddressProblem,
  findRealmProblem,
} from "../../../src/registry/address_rules.ts";

const [pairs = "[]"] = Deno.args;
const found = await Promise.all(
  JSON.parse(pairs).map(async ([from, to]: readonly [string, string]) => {
    const [source, target] = [new URL(from), new URL(to)];
    return [
      await findAddressProblem(target, source),
      await findRealmProblem(target, source, { login: "none" }),
    ].map((problem) => problem ?? "");
  }),
);
// deno-lint-ignore no-console -- it is what a test reads
console.log(JSON.stringify(found));
