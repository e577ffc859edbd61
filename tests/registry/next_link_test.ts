import { assertEquals, assertThrows } from "@std/assert";
import { findNextLink } from "../../src/registry/next_link.ts";

const ORIGIN = {
  url: new URL("https://q.io/v2/a/tags/list?n=2"),
  registry: new URL("https://q.io/v2/"),
};

function find(link?: string): string | undefined {
  const headers = new Headers();
  if (link !== undefined) headers.set("link", link);
  return findNextLink(new Response("", { headers }), ORIGIN)?.href;
}

Deno.test("findNextLink() finds the next page", async (t) => {
  const next = "https://q.io/v2/a/tags/list?n=2&last=b";
  const cases: readonly (readonly [string | undefined, string | undefined])[] =
    [
      [undefined, undefined],
      ["", undefined],
      ["nothing", undefined],
      ["</v2/a/tags/list?n=2&last=b>", undefined],
      ['</v2/a/tags/list?n=2&last=b>; rel="next"', next],
      ["</v2/a/tags/list?n=2&last=b>; rel=next", next],
      ['</v2/a/tags/list?n=2&last=b>;REL="NEXT"', next],
      ['</v2/a/tags/list?n=2&last=b>; title="x"; rel="next"', next],
      ['</v2/a/tags/list?n=2&last=b>; rel="start next"', next],
      ['</v2/a/tags/list?n=2&last=b>; rel="next last"', next],
      ['</v2/a/tags/list?n=2&last=b>; rel="nextish"', undefined],
      ['</v2/a/tags/list?n=2&last=b>; rel="prev"', undefined],
      ["</v2/a/tags/list?n=2&last=b>; rel=nextish", undefined],
      [
        '</x>; rel="prev", </v2/a/tags/list?n=2&last=b>; rel="next"',
        next,
      ],
      ['<?n=2&last=b>; rel="next"', next],
      ['<https://q.io/v2/a/tags/list?n=2&last=b>; rel="next"', next],
      // Behind a proxy that ends TLS: the scheme stays.
      ['<http://q.io/v2/a/tags/list?n=2&last=b>; rel="next"', next],
      [
        '</v2/other/tags/list>; rel="next"',
        "https://q.io/v2/other/tags/list",
      ],
    ];
  for (const [link, found] of cases) {
    await t.step(link ?? "no header", () => assertEquals(find(link), found));
  }
});

Deno.test("findNextLink() follows to lists of the registry only", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["https://evil.io/v2/a/tags/list", '"https://evil.io/v2/a/tags/list"'],
    ["https://q.io:444/v2/a/tags/list", '"https://q.io:444/v2/a/tags/list"'],
    ["https://ann@q.io/v2/a/tags/list", '"https://ann@q.io/v2/a/tags/list"'],
    ["https://:pw@q.io/v2/a/tags/list", '"https://:pw@q.io/v2/a/tags/list"'],
    ["ftp://q.io/v2/a/tags/list", '"ftp://q.io/v2/a/tags/list"'],
    ["/v2/a/manifests/b?secret", '"/v2/a/manifests/b"'],
    ["/v2/a/tags/list/x", '"/v2/a/tags/list/x"'],
    ["http://[", '"http://["'],
    [`/${"x".repeat(300)}`, `"/${"x".repeat(199)}"`],
  ];
  for (const [target, shown] of cases) {
    await t.step(target.slice(0, 40), () => {
      const error = assertThrows(
        () => find(`<${target}>; rel="next"`),
        SyntaxError,
      );
      assertEquals(
        error.message,
        `it says that the list continues at ${shown}, which is no list of "q.io"`,
      );
    });
  }
});
