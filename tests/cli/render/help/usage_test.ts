import { assertEquals } from "@std/assert";
import type { Command } from "../../../../src/cli/command.ts";
import {
  describeFlag,
  describeFlagNames,
  shownFlags,
  takesValue,
} from "../../../../src/cli/render/help/describe_flag.ts";
import { manPage } from "../../../../src/cli/render/help/man_page.ts";
import {
  describeCommand,
  usageOf,
} from "../../../../src/cli/render/help/usage.ts";

const COMMAND: Command = {
  name: "rm",
  summary: "Remove things",
  description: [".dots and -dashes", "back\\slash"],
  arguments: [
    { name: "ONE" },
    { name: "MORE", isOptional: true, isRepeated: true },
  ],
  flags: {
    all: { type: "boolean", short: "a", help: "All" },
    tls: { type: "tristate", help: "Check" },
    name: { type: "text", short: "n", value: "NAME", help: "Name" },
    count: { type: "number", help: "Count", default: 3 },
    how: { type: "list", help: "How", choices: ["x", "y"] },
    old: { type: "boolean", help: "Old", refusal: "not any more" },
  },
  examples: [{ line: "box rm -a", does: "All of them" }],
};
const ROOT: Command = {
  name: "box",
  summary: "Keep things",
  flags: { help: { type: "boolean", short: "h", help: "Explain" } },
  commands: [
    COMMAND,
    { name: "secret", summary: "Hidden", isHidden: true },
    {
      name: "group",
      summary: "A group",
      commands: [{ name: "ls", summary: "List" }],
    },
  ],
};

Deno.test("usageOf() shows how a command is typed", () => {
  assertEquals(describeCommand([]), "orlop");
  assertEquals(describeCommand(["a", "b"]), "orlop a b");
  assertEquals(usageOf(COMMAND, ["rm"]), "orlop rm [flags] ONE [MORE...]");
  assertEquals(usageOf(ROOT, []), "orlop [flags] COMMAND");
  assertEquals(usageOf({ name: "x", summary: "" }, ["x"]), "orlop x");
  const repeated = { name: "A", isRepeated: true };
  assertEquals(
    usageOf({ name: "x", summary: "", arguments: [repeated] }, ["x"]),
    "orlop x A...",
  );
});

Deno.test("flags are described with what they take", () => {
  const described = shownFlags(COMMAND.flags).map(([name, flag]) =>
    `${describeFlagNames(name, flag)}: ${describeFlag(flag)}`
  );
  assertEquals(described, [
    "-a, --all: All",
    "    --tls: Check",
    "-n, --name NAME: Name",
    "    --count VALUE: Count (default: 3)",
    "    --how VALUE: How (x | y; may be repeated)",
  ]);
  assertEquals(shownFlags(), []);
  const flags = Object.entries(COMMAND.flags ?? {});
  assertEquals(
    flags.filter(([, flag]) => takesValue(flag)).map(([name]) => name),
    ["name", "count", "how"],
  );
});

Deno.test("manPage() writes a page for man(1)", () => {
  const page = manPage(ROOT);
  const [before = "", exits = ""] = page.split("\n.SH EXIT STATUS\n");
  assertEquals(before.split("\n"), [
    '.TH ORLOP 1 "" orlop',
    ".SH NAME",
    "orlop \\- Keep things",
    ".SH SYNOPSIS",
    "orlop [flags] COMMAND",
    ".SH FLAGS OF ALL COMMANDS",
    ...[".TP", ".B \\-h, \\-\\-help", "Explain"],
    ".SH COMMANDS",
    ".SS orlop rm [flags] ONE [MORE...]",
    "Remove things.",
    ...[".PP", "\\&.dots and \\-dashes", ".PP", "back\\eslash"],
    ...[".TP", ".B \\-a, \\-\\-all", "All"],
    ...[".TP", ".B \\-\\-tls", "Check"],
    ...[".TP", ".B \\-n, \\-\\-name NAME", "Name"],
    ...[".TP", ".B \\-\\-count VALUE", "Count (default: 3)"],
    ...[".TP", ".B \\-\\-how VALUE", "How (x | y; may be repeated)"],
    ...[".PP", "All of them:", ".nf", "    box rm \\-a", ".fi"],
    ".SS orlop group ls",
    "List.",
  ]);
  assertEquals(exits.split("\n").slice(0, 2), [".TP", ".B 0"]);
});
