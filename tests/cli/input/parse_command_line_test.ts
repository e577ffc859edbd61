import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Command } from "../../../src/cli/command.ts";
import { parseCommandLine } from "../../../src/cli/input/parse_command_line.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

const ROOT: Command = {
  name: "orlop",
  summary: "Test",
  flags: {
    root: { type: "text", value: "PATH", help: "Root" },
    quiet: { type: "boolean", short: "q", help: "Quiet" },
    version: { type: "boolean", short: "v", help: "Version" },
    help: { type: "boolean", short: "h", help: "Help" },
  },
  commands: [
    {
      name: "run",
      summary: "Run",
      arguments: [
        { name: "IMAGE" },
        { name: "CMD", isOptional: true, isRepeated: true },
      ],
      stopsAtFirstArgument: true,
      flags: {
        env: { type: "list", short: "e", value: "ENV", help: "Env" },
        volume: { type: "list", short: "v", value: "VOLUME", help: "Volume" },
        tty: { type: "boolean", short: "t", help: "TTY" },
        interactive: { type: "boolean", short: "i", help: "Interactive" },
        network: {
          type: "text",
          choices: ["none", "host"],
          default: "none",
          help: "Network",
        },
        "tls-verify": { type: "tristate", help: "TLS" },
        attempt: { type: "number", default: 0, help: "Attempt" },
      },
    },
    {
      name: "image",
      summary: "Images",
      commands: [
        { name: "rm", summary: "Remove", arguments: [{ name: "IMAGE" }] },
        { name: "inspect", aliases: ["show"], summary: "Inspect" },
      ],
    },
  ],
};

Deno.test("parseCommandLine() reads flags before, between and after", () => {
  const { path, flags, arguments: rest } = parseCommandLine(
    ["--root", "/a", "image", "-q", "rm", "web", "--root=/b"],
    ROOT,
  );
  assertEquals(path, ["image", "rm"]);
  assertEquals(rest, ["web"]);
  assert(flags["quiet"]);
  assertEquals(flags["root"], "/b");
});

Deno.test("parseCommandLine() takes flags in all of podman's forms", async (t) => {
  const cases: readonly [string[], string, unknown][] = [
    [["-e", "A=1", "--env=B=2", "-eC=3"], "env", ["A=1", "B=2", "C=3"]],
    [["-e", "-x"], "env", ["-x"]],
    [["--env", "--tty"], "env", ["--tty"]],
    [["--env="], "env", [""]],
    [["-e", "A=x\ny"], "env", ["A=x\ny"]],
    [["-it"], "interactive", true],
    [["-ite", "A=1"], "env", ["A=1"]],
    [["-v", "/a:/b"], "volume", ["/a:/b"]],
    [["--tty=false"], "tty", false],
    [["--tls-verify"], "tls-verify", true],
    [["--tls-verify=0"], "tls-verify", false],
    [[], "tls-verify", undefined],
    [[], "network", "none"],
    [[], "env", []],
    [["--attempt", "3"], "attempt", 3],
    [[], "attempt", 0],
  ];
  for (const [args, name, expected] of cases) {
    await t.step(args.join(" "), () => {
      const { flags } = parseCommandLine(["run", ...args, "busybox"], ROOT);
      assertEquals(flags[name], expected);
    });
  }
});

Deno.test("parseCommandLine() does not take an image called true as a value", () => {
  const line = parseCommandLine(["run", "-t", "true", "false"], ROOT);
  assertEquals(line.arguments, ["true", "false"]);
  assert(line.flags["tty"]);
});

Deno.test("parseCommandLine() leaves the container's words alone", () => {
  const words = ["busybox", "ls", "-l", "--", "--root=/", "-q"];
  const line = parseCommandLine(["run", "-t", ...words], ROOT);
  assertEquals(line.arguments, words);
  assertEquals(line.flags["root"], undefined);
});

Deno.test("parseCommandLine() takes words after -- as they are", () => {
  assertEquals(
    parseCommandLine(["image", "rm", "--", "-q"], ROOT).arguments,
    ["-q"],
  );
});

Deno.test("parseCommandLine() takes numbers and prototypes as words", () => {
  const { arguments: rest } = parseCommandLine(["image", "rm", "12"], ROOT);
  assertEquals(rest, ["12"]);
  assertThrows(
    () => parseCommandLine(["image", "rm", "--toString", "x"], ROOT),
    UsageError,
  );
});

Deno.test("parseCommandLine() refuses what it does not know", async (t) => {
  const cases: readonly [string[], string][] = [
    [[], 'Cannot run "orlop": a command must follow'],
    [["image"], 'Cannot run "orlop image": a command must follow'],
    [["rnu"], 'did you mean "orlop run"?'],
    [["rm"], 'did you mean "orlop image rm"?'],
    [["image", "inspct"], 'did you mean "orlop image inspect"?'],
    [["run", "--evn", "x"], 'did you mean "--env"?'],
    [["run", "-tx"], 'Cannot use "-x"'],
    [["run", "--env"], 'Cannot use "--env": ENV must follow'],
    [["run", "--network=bridge", "x"], "use one of none, host"],
    [["run", "--attempt=two", "x"], "a number is needed"],
    [["run", "--tty=perhaps", "x"], 'use "true" or "false"'],
    [["run"], 'Cannot run "orlop run": IMAGE is missing'],
    [["image", "rm", "a", "b"], 'with "b": it takes at most 1'],
    [["image", "show", "a"], "it takes no arguments"],
  ];
  for (const [args, message] of cases) {
    await t.step(args.join(" ") || "nothing", () => {
      assertThrows(() => parseCommandLine(args, ROOT), UsageError, message);
    });
  }
});

Deno.test("parseCommandLine() lets --help do without arguments", () => {
  for (const args of [["image", "rm", "--help"], ["image", "-h"], ["-h"]]) {
    assert(parseCommandLine(args, ROOT).flags["help"]);
  }
});

Deno.test("parseCommandLine() keeps flags of one name apart", () => {
  const root: Command = {
    ...ROOT,
    commands: [{
      name: "show",
      summary: "Show",
      flags: { root: { type: "boolean", hides: true, help: "Its root" } },
    }],
  };
  const parse = (line: string) => {
    const { flags, hiddenFlags } = parseCommandLine(line.split(" "), root);
    return [flags["root"], hiddenFlags["root"]];
  };
  assertEquals(parse("--root /a show --root"), [true, "/a"]);
  assertEquals(parse("--root=/a show"), [false, "/a"]);
  assertEquals(parse("show --root"), [true, undefined]);
});
