import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { COMMANDS } from "../../../src/cli/command_table.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const CHECKOUT = fromFileUrl(new URL("../../../", import.meta.url));
const MACHINE = `${CHECKOUT}tests/support/programs/own_machine.sh`;
// The page installs what scripts/build makes, and tests build nothing.
const isBuilt = Deno.env.get("ORLOP") !== undefined;
const TOUR_PEERS = ["root", "mount", "unshare", "chroot", "umoci", "runc"];
const PAGE_PEERS = ["docker-registry", "skopeo", "podman", "ip"];

Deno.test({
  name: "the README's tour prints what it says",
  ignore: needs(...TOUR_PEERS, "/usr/bin/busybox").ignore,
  fn: async (t) => {
    using dir = tempDir();
    const script = dir.join("script");
    const steps = await readTour();
    await Deno.writeTextFile(
      script,
      steps.map(({ command }) => `${command}\necho ${MARK}\n`).join(""),
    );
    // Its store is one that nobody else sees.
    const { code, out } = await runAlone(
      [...["sh", "-c"], 'mount --bind "$0" /var/tmp && exec sh -e "$1" 2>&1'],
      [dir.path, script],
    );
    assertEquals(code, 0, out);
    const printed = out.split(`${MARK}\n`);
    for (const [index, { command, says }] of steps.entries()) {
      if (!command.startsWith("orlop ")) continue;
      await t.step(command, () => {
        assertEquals(
          withoutNumbers(printed[index] ?? ""),
          withoutNumbers(says),
        );
      });
    }
  },
});

Deno.test({
  name: "the tour and then the page for operators work in one shell",
  ignore: !isBuilt ||
    needs(...TOUR_PEERS, ...PAGE_PEERS, "/usr/bin/busybox").ignore,
  fn: async () => {
    using dir = tempDir();
    const layout = dir.join("image");
    await writeBusyboxLayout(layout);
    const script = dir.join("script");
    const tour = (await readTour()).map(({ command }) => `${command}\n`);
    await Deno.writeTextFile(script, tour.join("") + await readPage());
    const { code, out } = await runAlone(
      ["--net", MACHINE],
      [dir.path, layout, script],
    );
    assertEquals(code, 0, out);
    // Of the last command but few: it has come that far.
    assert(out.includes("+ scripts/install --uninstall"), out);
  },
});

Deno.test("the README's table of commands has all of them", async () => {
  const section = await readSection("Commands");
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  const missing = COMMANDS.commands?.flatMap((command) => {
    const { name, commands = [], isHidden = false } = command;
    const ownRows = rows.filter((row) => row.startsWith(`| \`${name}`));
    const top = rows.filter((row) => new RegExp(`\`${name}[ \`]`).test(row));
    const members = commands.filter(({ name }) =>
      !ownRows.some((row) => new RegExp(`[ \`]${name}\``).test(row))
    );
    const isKnown = isHidden || top.length > 0;
    return [
      ...isKnown ? [] : [name],
      ...members.map((c) => `${name} ${c.name}`),
    ];
  });
  assertEquals(missing, []);
});

const MARK = "--- next ---";

interface Step {
  readonly command: string;
  /** What the README shows below it. */
  readonly says: string;
}

/** The commands of the blocks that are marked as `console`. */
async function readTour(): Promise<readonly Step[]> {
  const blocks = await readBlocks("A tour of five minutes", "console");
  return blocks.join("").split(/^\$ /m).slice(1).map((step) => {
    const [command = "", ...lines] = step.split("\n");
    return { command, says: lines.join("\n") };
  });
}

async function readPage(): Promise<string> {
  return (await readBlocks("Operating orlop", "sh")).join("");
}

async function readBlocks(
  heading: string,
  kind: string,
): Promise<readonly string[]> {
  const page = await readSection(heading);
  const blocks = page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)
    .filter(([, found]) => found === kind)
    .map(([, , text = ""]) => text)
    .toArray();
  assert(blocks.length > 4);
  return blocks;
}

async function readSection(heading: string): Promise<string> {
  const readme = await Deno.readTextFile(`${CHECKOUT}README.md`);
  const [, section = ""] = readme.split(`\n## ${heading}\n`);
  return section.split("\n## ")[0] ?? "";
}

/** Runs a program in mount namespaces of its own, as on a fresh machine. */
async function runAlone(words: readonly string[], args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["--mount", "--propagation", "private", ...words, ...args],
    cwd: CHECKOUT,
    clearEnv: true,
    env: {
      HOME: "/root",
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Leaves out what differs from run to run: IDs, sizes, ages, widths. */
function withoutNumbers(text: string): string {
  return text
    .replace(/\b[0-9a-f]{64}\b/g, "<id>")
    .replace(/\b[0-9a-f]{12}\b/g, "<short id>")
    .replace(/\b[\d.]+ (?:k|M)?B\b/g, "<size>")
    .replace(/(?:\d+|Less than a) seconds? ago/g, "<age>")
    .replace(/[ \t]+/g, " ")
    .trim();
}
