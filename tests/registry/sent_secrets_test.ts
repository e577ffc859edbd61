import { assertEquals } from "@std/assert";
import { hideSecrets, noteSecrets } from "../../src/registry/sent_secrets.ts";

Deno.test("hideSecrets() takes out what was sent, in all its forms", async (t) => {
  const basic = `Basic ${btoa('ann:a "b" c:d')}`;
  const form = "grant_type=refresh_token&refresh_token=r%2Ft&scope=s";
  const cases = [
    [{ authorization: basic }, `${basic}!`, "Basic ***!"],
    [{ authorization: basic }, 'ann:a "b" c:d', "ann:***"],
    [{ authorization: basic }, String.raw`a \"b\" c:d`, "***"],
    [{ authorization: basic }, "a%20%22b%22%20c%3Ad", "***"],
    [{ authorization: basic }, "ann", "ann"],
    [{ authorization: "Bearer t.t" }, "Bearer t.t t.t", "Bearer *** ***"],
    [{ body: form }, "token r/t or r%2Ft of s", "token *** or *** of s"],
    [{ body: "password=p%20q" }, "p q", "***"],
    [{ body: new Uint8Array(1) }, "r/t", "r/t"],
    [{ body: "refresh_token=ab&password=abc" }, "abc ab", "*** ***"],
    [{ body: "password=abc&refresh_token=ab" }, "abc ab", "*** ***"],
    [{ body: "scope=s" }, "changed", "changed"],
    [{ authorization: "Bearer" }, "Bearer changed", "Bearer changed"],
    [{ authorization: "Basic !" }, "changed", "changed"],
    [{ authorization: "Digest x" }, "Digest x", "Digest ***"],
    [{}, "anything", "anything"],
    [{ authorization: `Basic ${btoa("ann:")}` }, "ann:", "ann:"],
  ] as const;
  for (const [sent, said, shown] of cases) {
    await t.step(`${JSON.stringify(sent)} ${said}`, () => {
      const response = new Response("");
      noteSecrets(response, sent);
      assertEquals(hideSecrets(said, response), shown);
      assertEquals(hideSecrets(said, new Response("")), said);
    });
  }
});
