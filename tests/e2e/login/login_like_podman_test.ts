/** Logins by orlop beside those by podman, on the same kind of file. */

import { assert, assertEquals } from "@std/assert";
import { needs } from "../../support/peers.ts";
import {
  type LoginPlace,
  loginPlace,
} from "../../support/programs/login_place.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";

const NAME = "ann";
const PASSWORD = "secret";
const AUTH = btoa(`${NAME}:${PASSWORD}`);
const LOGIN = `login -u ${NAME} -p ${PASSWORD}`;

/** What is there before, what is typed, and what that is for. */
interface Case {
  /** HOST stands for the registry's, PLACE for the folder. */
  readonly line: string;
  /** Files by their paths in the place. */
  readonly files?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The file to compare; that in the runtime folder if left out. */
  readonly file?: string;
}

const AUTH_FILE = "run/containers/auth.json";
const LOGGED_IN = { [AUTH_FILE]: `{"auths":{"HOST":{"auth":"${AUTH}"}}}` };
const DOCKER = { "docker/config.json": '{"auths":{}}' };

const CASES: readonly Case[] = [
  { line: `${LOGIN} HOST` },
  { line: `${LOGIN} -v HOST` },
  { line: `${LOGIN} HOST/team` },
  { line: `${LOGIN} HOST/team/app` },
  { line: `${LOGIN} HOST/team/app:1` },
  { line: `${LOGIN} HOST/Team` },
  { line: `${LOGIN} HOST/` },
  { line: `${LOGIN} http://HOST/team` },
  { line: `${LOGIN} HOST other` },
  { line: LOGIN },
  { line: `login -u ${NAME} -p wrong HOST` },
  { line: `login -u ${NAME} -p wrong HOST`, files: LOGGED_IN },
  { line: `login -u ${NAME} HOST` },
  { line: `login -u ${NAME} --password-stdin HOST`, input: PASSWORD },
  { line: `login -u ${NAME} --password-stdin HOST`, input: `${PASSWORD}\n` },
  { line: `login -u ${NAME} --password-stdin HOST`, input: "sec\nret\r\n" },
  { line: `login -u ${NAME} --password-stdin HOST`, input: "" },
  { line: "login --password-stdin HOST", input: PASSWORD },
  { line: `${LOGIN} --password-stdin HOST`, input: PASSWORD },
  { line: "login HOST", files: LOGGED_IN },
  { line: "login HOST/team", files: LOGGED_IN },
  { line: "login --get-login HOST", files: LOGGED_IN },
  { line: "login --get-login HOST/team", files: LOGGED_IN },
  { line: "login --get-login HOST" },
  { line: "login --get-login HOST", files: { [AUTH_FILE]: '{"auths":{' } },
  { line: `${LOGIN} HOST`, files: { [AUTH_FILE]: '{"auths":{' } },
  { line: "logout HOST", files: { [AUTH_FILE]: '{"auths":{' } },
  {
    line: `${LOGIN} HOST`,
    files: { [AUTH_FILE]: '{"auths":{"q.io":{"auth":"YTpi"}}}' },
  },
  { line: "logout HOST", files: LOGGED_IN },
  { line: "logout HOST" },
  { line: "logout HOST/team", files: { [AUTH_FILE]: '{"auths":{}}' } },
  { line: "logout --all", files: LOGGED_IN },
  { line: "logout -a HOST", files: LOGGED_IN },
  { line: "logout --authfile PLACE/none HOST" },
  { line: `${LOGIN} --authfile PLACE/own.json HOST`, file: "own.json" },
  {
    line: `${LOGIN} HOST`,
    env: { "REGISTRY_AUTH_FILE": "PLACE/new/own.json" },
    file: "new/own.json",
  },
  {
    line: `${LOGIN} HOST`,
    env: { "DOCKER_CONFIG": "PLACE/docker" },
    files: DOCKER,
    file: "docker/config.json",
  },
  {
    line: "login --get-login HOST",
    env: { "DOCKER_CONFIG": "PLACE/docker" },
    files: { ...DOCKER, ...LOGGED_IN },
  },
  { line: `${LOGIN} HOST`, env: { "XDG_RUNTIME_DIR": "PLACE/none" } },
];

Deno.test({
  name: "login and logout do what podman's do, in its words",
  ...needs("root", "podman", ...REGISTRY_PROGRAMS),
  fn: async (t) => {
    const user = { name: NAME, password: PASSWORD };
    await using registry = await startRegistry({ user });
    for (const tried of CASES) {
      const { line, files = {}, env = {}, input } = tried;
      const name = JSON.stringify({ line, input, files, env });
      await t.step(name, async () => {
        const [ours, theirs] = await Promise.all(
          ["orlop", "podman"].map((program) =>
            tryCase(tried, program, registry.host)
          ),
        );
        assertEquals(
          [ours?.isDone, ours?.out, ours?.file],
          [theirs?.isDone, theirs?.out, theirs?.file],
          `${ours?.err}\n${theirs?.err}`,
        );
      });
    }
  },
});

async function tryCase(
  { line, files = {}, env = {}, input = "", file = AUTH_FILE }: Case,
  program: string,
  host: string,
) {
  using place = loginPlace();
  const fill = (text: string) =>
    text.replaceAll("HOST", host).replaceAll("PLACE", place.join());
  for (const [path, text] of Object.entries(files)) {
    await write(place, path, fill(text));
  }
  const [command = "", ...flags] = fill(line).split(" ");
  const tls = command === "login" ? ["--tls-verify=false"] : [];
  const { code, out, err } = await place.run(
    program,
    [command, ...tls, ...flags],
    {
      input,
      env: Object.fromEntries(
        Object.entries(env).map(([name, value]) => [name, fill(value)]),
      ),
    },
  );
  return {
    isDone: code === 0,
    // Asked before it is found that nobody is there.
    out: out.replace(/Password: ?/, "").replaceAll(place.join(), "PLACE"),
    err,
    file: await readJson(place.join(file)),
  };
}

async function write(
  place: LoginPlace,
  path: string,
  text: string,
): Promise<void> {
  const full = place.join(path);
  await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(full, text, { mode: 0o600 });
}

/** What is in a file; podman makes one, too, where nothing is to be written. */
async function readJson(path: string): Promise<unknown> {
  let text = "";
  try {
    text = await Deno.readTextFile(path);
    return JSON.parse(text);
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? { auths: {} } : text;
  }
}

Deno.test({
  name: "who logs in by one tool is logged in by the other",
  ...needs("root", "podman", "mount", "tar", ...REGISTRY_PROGRAMS),
  fn: async (t) => {
    using place = loginPlace();
    const user = { name: NAME, password: PASSWORD };
    await using registry = await startRegistry({ user });
    const { host } = registry;
    const plain = "--tls-verify=false";
    const login = ["login", plain, "-u", NAME, "--password-stdin", host];
    const tools = ["orlop", "podman"] as const;
    for (const [index, first] of tools.entries()) {
      const second = tools[1 - index] ?? "";
      await t.step(`${first}, then ${second}`, async () => {
        const input = PASSWORD;
        const entered = await place.run(first, login, { input });
        assertEquals(entered.out, "Login Succeeded!", entered.err);
        const seen = await place.run(second, ["login", "--get-login", host]);
        assertEquals(seen.out, NAME);
        const { err } = await place.run("orlop", ["pull", plain, `${host}/a`]);
        assert(err.includes("MANIFEST_UNKNOWN"), err);
        const left = await place.run(second, ["logout", host]);
        assertEquals(left.out, `Removed login credentials for ${host}`);
        const after = await place.run(first, ["logout", host]);
        assert(after.code !== 0);
      });
    }
  },
});

Deno.test({
  name: "a registry that cannot prove itself gets no password",
  ...needs("root", "podman", ...REGISTRY_PROGRAMS),
  fn: async (t) => {
    const user = { name: NAME, password: PASSWORD };
    await using registry = await startRegistry({ user, tls: true });
    const certDir = `--cert-dir=${registry.certDir}`;
    const cases = [[certDir], [], ["--tls-verify=false"]] as const;
    for (const flags of cases) {
      await t.step(JSON.stringify(flags), async () => {
        using place = loginPlace();
        const args = [...flags, "-u", NAME, "--password-stdin", registry.host];
        const input = PASSWORD;
        const [ours, theirs] = await Promise.all(
          ["orlop", "podman"].map((tool) =>
            place.run(tool, ["login", ...args], { input })
          ),
        );
        assertEquals([ours?.code === 0, ours?.out], [
          theirs?.code === 0,
          theirs?.out,
        ]);
      });
    }
    const refused = registry.requests.filter(({ status }) => status === 401);
    assertEquals(refused.length, 4); // of each that has come through
  },
});

Deno.test({
  name: "eight logins at once lose none, and one after the other by podman",
  ...needs("root", "podman", ...REGISTRY_PROGRAMS),
  fn: async () => {
    using place = loginPlace();
    const user = { name: NAME, password: PASSWORD };
    await using registry = await startRegistry({ user });
    const keysOf = (tool: string, count: number) =>
      Array.from({ length: count }, (_, n) => `${registry.host}/${tool}${n}`);
    const logIn = async (tool: string, key: string) => {
      const flags = ["--tls-verify=false", "-u", NAME, "-p", PASSWORD];
      const { code, err } = await place.run(tool, ["login", ...flags, key]);
      assertEquals(code, 0, err);
    };
    // Two at once by podman would lose one by themselves: it takes no lock.
    const byPodman = async () => {
      for (const key of keysOf("podman", 12)) await logIn("podman", key);
    };
    await write(place, AUTH_FILE, '{"auths":{}}');
    // Two of them are for the same: none is to write over the other for ever.
    const ours = [...keysOf("orlop", 8), ...keysOf("orlop", 1)];
    const byOrlop = ours.map((key) => logIn("orlop", key));
    await Promise.all([byPodman(), ...byOrlop]);
    const { auths = {} } = await place.readAuthFile() ?? {};
    assertEquals(
      Object.keys(auths).toSorted(),
      [...keysOf("orlop", 8), ...keysOf("podman", 12)].toSorted(),
    );
    const left = await Array.fromAsync(
      Deno.readDir(place.join("run/containers")),
    );
    assertEquals(left.map(({ name }) => name), ["auth.json"]);
  },
});
