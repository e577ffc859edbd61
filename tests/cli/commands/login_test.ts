/** Logins at a registry, and what is said and kept of them. */

import { assertEquals } from "@std/assert";
import { runCli } from "../../../src/cli/run_cli.ts";
import { memoryTerminal } from "../../support/memory/memory_terminal.ts";
import { needsThat } from "../../support/peers.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import { tempDir } from "../../support/temp_dir.ts";

const AUTH = btoa("ann:pw");
const WARNING = "orlop: warning: --password can be seen by all users of this " +
  "machine; use --password-stdin";

/** Who types at a terminal would be asked. */
const UNASKED = needsThat(!Deno.stdin.isTerminal(), "stdin is a terminal");

/** What is typed, with HOST and FILE, and what comes of it. */
interface Case {
  readonly line: string;
  /** What is kept before: users of registries. */
  readonly before?: Readonly<Record<string, string>>;
  readonly code?: number;
  readonly out?: readonly string[];
  /** How the lines begin. */
  readonly err?: readonly string[];
  /** What is kept afterwards; as before if left out. */
  readonly after?: Readonly<Record<string, string>>;
}

const LOGIN = "login --authfile FILE --tls-verify=false";
const DONE = ["Login Succeeded!"];
const KNOWN = { "HOST": AUTH };
const OTHERS = { "q.io": "b3RoZXI6cHc=" };
const TRYING = "Authenticating with existing credentials for HOST";

const CASES: readonly Case[] = [
  {
    line: `${LOGIN} -u ann -p pw HOST`,
    out: DONE,
    err: [WARNING],
    after: KNOWN,
  },
  {
    line: `${LOGIN} -u ann -p pw HOST`,
    before: OTHERS,
    ...{ out: DONE, err: [WARNING], after: { ...OTHERS, ...KNOWN } },
  },
  {
    line: `${LOGIN} -v -u ann -p pw HOST`,
    out: ["Used:  FILE", ...DONE],
    err: [WARNING],
    after: KNOWN,
  },
  {
    line: `${LOGIN} -u ann -p pw HOST/team`,
    out: DONE,
    err: [WARNING],
    after: { "HOST/team": AUTH },
  },
  {
    line: `${LOGIN} -u ann -p pw https://HOST/`,
    out: DONE,
    err: [WARNING],
    after: KNOWN,
  },
  {
    line: `${LOGIN} -u ann -p wrong HOST`,
    code: 6,
    err: [WARNING, 'orlop: Cannot log in to "HOST": invalid username/password'],
  },
  {
    line: `${LOGIN} -u ann -p wrong HOST`,
    before: KNOWN,
    code: 6,
    err: [WARNING, 'orlop: Cannot log in to "HOST": invalid username/password'],
  },
  {
    line: `${LOGIN} HOST`,
    before: KNOWN,
    out: [
      TRYING,
      "Existing credentials are valid. Already logged in to HOST",
    ],
  },
  {
    line: `${LOGIN} HOST/team`,
    before: KNOWN,
    out: [
      `${TRYING}/team`,
      "Existing credentials are valid. Already logged in to HOST",
    ],
  },
  {
    line: `${LOGIN} HOST`,
    before: { "HOST": btoa("ann:old") },
    code: 2,
    out: [
      TRYING,
      "Existing credentials are invalid, please enter valid username and " +
      "password",
    ],
    err: [
      "orlop: Cannot ask for the user's name: standard input is no terminal; " +
      "use --username and --password-stdin",
      "Usage: orlop login",
      "Help:",
    ],
  },
  {
    line: `${LOGIN} HOST`,
    code: 2,
    err: ["orlop: Cannot ask for the user's name: ", "Usage:", "Help:"],
  },
  {
    line: `${LOGIN} -u ann HOST`,
    before: KNOWN,
    code: 2,
    err: [
      'orlop: Cannot ask for the password of "ann": standard input is no ' +
      "terminal; use --password-stdin",
      ...["Usage:", "Help:"],
    ],
  },
  { line: `${LOGIN} --get-login HOST`, before: KNOWN, out: ["ann"] },
  { line: `${LOGIN} --get-login HOST/team`, before: KNOWN, out: ["ann"] },
  {
    line: `${LOGIN} --get-login HOST`,
    before: OTHERS,
    code: 3,
    err: ["orlop: Cannot show a user: not logged into HOST"],
  },
  {
    line: `${LOGIN} -u a:b -p pw HOST`,
    code: 2,
    err: [
      `orlop: Cannot use "--username": no user's name has a colon in it`,
      ...["Usage:", "Help:"],
    ],
  },
  {
    line: `${LOGIN} --username= -p pw HOST`,
    code: 2,
    err: [
      `orlop: Cannot use "--username": the user's name is missing`,
      ...["Usage:", "Help:"],
    ],
  },
  {
    line: `${LOGIN} --compat-auth-file FILE -u ann -p pw HOST`,
    code: 2,
    err: [
      'orlop: Cannot use "--authfile" with "--compat-auth-file"',
      ...["Usage:", "Help:"],
    ],
  },
  {
    line: `login --compat-auth-file FILE --tls-verify=false -u ann -p pw HOST`,
    out: DONE,
    err: [WARNING],
    after: KNOWN,
  },
  {
    line: "logout --authfile FILE HOST",
    before: { ...OTHERS, ...KNOWN },
    out: ["Removed login credentials for HOST"],
    after: OTHERS,
  },
  {
    line: "logout --authfile FILE HOST",
    before: OTHERS,
    code: 3,
    err: ["orlop: Cannot log out: not logged into HOST"],
  },
  {
    line: "logout --authfile FILE HOST/team",
    before: KNOWN,
    code: 3,
    err: [
      "orlop: Cannot log out: not logged into HOST/team; what is used for it " +
      'is "HOST" in "FILE"',
    ],
  },
  {
    line: "logout --authfile FILE --all",
    before: { ...OTHERS, ...KNOWN },
    out: ["Removed login credentials for all registries"],
    after: {},
  },
  {
    line: "logout --authfile FILE.none HOST",
    code: 1,
    err: [
      'orlop: Cannot read credential file "FILE.none": no such file or directory',
    ],
  },
  {
    line: "logout --authfile FILE --all HOST",
    before: KNOWN,
    code: 2,
    err: [
      'orlop: Cannot use "--all" with a registry',
      ...["Usage: orlop logout", "Help:"],
    ],
  },
];

Deno.test(
  "login and logout report what they did, and keep it",
  UNASKED,
  async (t) => {
    await using server = serveHostile(({ headers }) =>
      headers.get("authorization") === `Basic ${AUTH}`
        ? new Response("{}")
        : new Response("{}", {
          status: 401,
          headers: { "www-authenticate": "Basic realm=r" },
        })
    );
    for (const { line, before, code = 0, out = [], err = [], after } of CASES) {
      await t.step(`${line} ${JSON.stringify(before)}`, async () => {
        using dir = tempDir();
        const file = dir.join("auth.json");
        const fill = (text: string) =>
          text.replaceAll("HOST", server.host).replaceAll("FILE", file);
        const entries = (users: Readonly<Record<string, string>>) =>
          Object.fromEntries(
            Object.entries(users).map(([key, auth]) => [fill(key), { auth }]),
          );
        if (before !== undefined) {
          const text = JSON.stringify({ auths: entries(before) });
          await Deno.writeTextFile(file, text, { mode: 0o600 });
        }
        const terminal = memoryTerminal();
        const found = await runCli(fill(line).split(" "), {
          ...{ terminal, permissions: "keep" },
        });
        const told = terminal.told.map((text, index) =>
          text.slice(0, fill(err[index] ?? "").length || undefined)
        );
        assertEquals(
          { code: found, out: terminal.printed, err: told },
          { code, out: out.map(fill), err: err.map(fill) },
        );
        const kept = after ?? before;
        const text = await Deno.readTextFile(file).catch(() => undefined);
        assertEquals(
          text === undefined ? undefined : JSON.parse(text).auths,
          kept && entries(kept),
        );
      });
    }
  },
);
