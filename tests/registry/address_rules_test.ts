import { assertEquals } from "@std/assert";
import {
  findRealmProblem,
  findRedirectProblem,
} from "../../src/registry/address_rules.ts";

const REGISTRY = new URL("http://registry.example/");
// However it is spelled, it is this machine.
const THIS_MACHINE = [
  ...["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.1", "0x7f.1"],
  ...[
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:0.0.0.0]",
  ],
];

Deno.test("findRedirectProblem() keeps strangers away from this machine", async (t) => {
  for (const host of THIS_MACHINE) {
    await t.step(host, () => {
      const url = new URL(`http://${host}:5000/`);
      assertEquals(findRedirectProblem(REGISTRY, url), "loopback address");
      assertEquals(findRedirectProblem(url, url), undefined);
      assertEquals(findRealmProblem(url, REGISTRY), "internal address");
    });
  }
  for (
    const host of ["notlocalhost", "128.0.0.1", "[::2]", "[::ffff:808:808]"]
  ) {
    await t.step(host, () => {
      const url = new URL(`http://${host}/`);
      assertEquals(findRedirectProblem(REGISTRY, url), undefined);
    });
  }
});
