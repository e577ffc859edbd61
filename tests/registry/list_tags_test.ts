import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { RegistryError } from "../../src/errors/image_errors.ts";
import { parseReference } from "../../src/formats/oci/reference.ts";
import {
  listTags,
  type ListTagsOptions,
} from "../../src/registry/list_tags.ts";
import { basicHeader } from "../../src/registry/auth/basic_header.ts";
import {
  type ScriptedServer,
  serveScript,
} from "../support/servers/scripted_server.ts";
import type { OwnAnswer } from "../support/servers/server_script.ts";
import { tempDir } from "../support/temp_dir.ts";

const LIST = "/v2/app/tags/list";
const LOGIN = { kind: "password", username: "me", password: "secret" } as const;

/** A page, and what it says of the next. */
function page(tags: unknown, link?: string): OwnAnswer {
  return {
    headers: link === undefined ? {} : { link },
    body: JSON.stringify({ name: "app", tags }),
  };
}

/** The second page, and how the first one leads to it. */
const LINKS: Readonly<Record<string, (host: string) => string>> = {
  "a path": () => `<${LIST}?last=a>; rel="next"`,
  "a query": () => `<?last=a>; rel=next`,
  "an address": (host) => `<http://${host}${LIST}?last=a>; rel="next"`,
  "the scheme of who is behind a proxy": (host) =>
    `<https://${host}${LIST}?last=a>;rel="next"`,
  "another link before it": () =>
    `<http://evil.example/>; rel="help", <${LIST}?last=a>; title="a,b"; rel="last next"`,
};

const REFUSED: Readonly<Record<string, string>> = {
  "another host": `<http://evil.example${LIST}>; rel="next"`,
  "another port": `<http://127.0.0.1:9${LIST}>; rel="next"`,
  "another host by a name": `<//evil.example${LIST}>; rel="next"`,
  "a user name": `<http://me@HOST${LIST}>; rel="next"`,
  "something else of the registry": '<http://HOST/admin>; rel="next"',
  "another scheme": '<file:///etc/tags/list>; rel="next"',
};

/** What comes instead of a list, and what is said of it. */
const ODD: Readonly<Record<string, readonly [OwnAnswer, string]>> = {
  "a page that leads to itself": [
    page(["a"], `<${LIST}>; rel="next"`),
    `its pages link back to "${LIST}"`,
  ],
  "what is no tag": [page(["a", "\u001b[2J"]), '"\\u001b[2J" is no tag'],
  "a number": [page([1]), "expected a string"],
  "a web page": [{ body: "<html>" }, "Cannot read list of tags"],
  "nothing": [{}, "Cannot read list of tags"],
  "too much": [
    { headers: { "content-length": null }, body: " ".repeat(17_000_000) },
    "larger than",
  ],
  "no such repository": [
    { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' },
    "does not have it (404 NAME_UNKNOWN)",
  ],
};

Deno.test("listTags() continues where a page says, on its own registry", async (t) => {
  for (const [name, link] of Object.entries(LINKS)) {
    await t.step(name, async () => {
      await using server = await serveScript([
        {
          match: /last=a$/,
          answer: page(["b", "a", "c"], '<http://x/>; rel="prev"'),
        },
        { act: ({ host }) => ({ answer: page(["a"], link(host)) }) },
      ]);
      assertEquals(await list(server), ["a", "b", "c"]);
      assertEquals(server.requests.map(({ path }) => path), [
        LIST,
        `${LIST}?last=a`,
      ]);
      const login = basicHeader(LOGIN);
      assert(
        server.requests.every(({ headers }) =>
          [null, login].includes(headers.get("authorization"))
        ),
      );
    });
  }
});

Deno.test("listTags() goes nowhere else with a login", async (t) => {
  for (const [name, link] of Object.entries(REFUSED)) {
    await t.step(name, async () => {
      await using server = await serveScript([{
        act: ({ host }) => ({
          answer: page(["a"], link.replace("HOST", host)),
        }),
      }]);
      const { message, reason } = await assertRejects(
        () => list(server),
        RegistryError,
      );
      assertStringIncludes(message, "it says that the list continues at");
      assertEquals(reason, "malformed");
      assertEquals(server.requests.length, 1);
    });
  }
});

Deno.test("listTags() refuses what is no list, or has no end", async (t) => {
  for (const [name, [answer, says]] of Object.entries(ODD)) {
    await t.step(name, async () => {
      await using server = await serveScript([{ answer }]);
      const { message } = await assertRejects(
        () => list(server),
        RegistryError,
      );
      assert(message.startsWith(`Cannot list tags of "${server.host}/app": `));
      assertStringIncludes(message, says);
    });
  }
});

Deno.test("listTags() takes no more than it is to", async () => {
  await using server = await serveScript([{
    answer: page(["a", "b", "c"], `<${LIST}?last=c>; rel="next"`),
  }]);
  assertEquals(await list(server, { limit: 2 }), ["a", "b"]);
  assertEquals(server.requests.map(({ path }) => path), [`${LIST}?n=2`]);
});

Deno.test("listTags() knows repositories without tags", async () => {
  await using server = await serveScript([{ answer: page(null) }]);
  assertEquals(await list(server), []);
});

async function list(
  server: ScriptedServer,
  options: ListTagsOptions = {},
): Promise<readonly string[]> {
  using dir = tempDir();
  // The first request, by https, is none for a server of http.
  return await listTags(parseReference(`${server.host}/app`), {
    ...{ systemDirectory: dir.path, env: {}, credentials: LOGIN },
    retry: { tries: 1 },
    ...options,
  });
}
