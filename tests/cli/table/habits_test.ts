import { assert, assertStringIncludes } from "@std/assert";
import { findCommand } from "../../../src/cli/command.ts";
import { COMMANDS } from "../../../src/cli/command_table.ts";
import { parseCommandLine } from "../../../src/cli/input/parse_command_line.ts";
import { ADVICE } from "../../../src/cli/table/habits.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

/** What is said behind the semicolon of "orlop has no such command". */
const TYPED: readonly [line: string, hint: string][] = [
  ["system df", 'use "orlop df"'],
  ["system df -v", 'use "orlop df"'],
  ["system prune -af", 'use "orlop gc", or "orlop gc --all"'],
  ["system info", 'use "orlop doctor"'],
  ["system", 'use "orlop df", "orlop gc" or "orlop doctor"'],
  ["image prune", 'use "orlop gc"'],
  ["image prune --all", 'use "orlop gc"'],
  ["container prune", 'use "orlop gc --containers stopped"'],
  ["pod prune", 'use "orlop gc --containers stopped"'],
  ["volume prune", 'use "orlop gc"; orlop keeps no volumes'],
  ["volume ls", "orlop keeps no volumes"],
  ["builder prune", 'use "orlop gc"'],
  ["prune", 'use "orlop gc"'],
  ["import x.tar", 'use "orlop load -i FILE"'],
  ["export app", "use tar on the root"],
  ["container export app", "use tar on the root"],
  ["build -t app .", "orlop builds no images"],
  ["image build .", "orlop builds no images"],
  ["buildx build .", "orlop builds no images"],
  ["commit app", "orlop builds no images"],
  ["container commit app", "orlop builds no images"],
  ["manifest create x", "orlop builds no images"],
  ["diff app", 'that "orlop start CONTAINER" mounts'],
  ["mount app", 'use "orlop start CONTAINER"'],
  ["umount app", 'use "orlop stop CONTAINER"'],
  ["network ls", "orlop makes no networks"],
  ["port app", "orlop makes no networks"],
  ["search busybox", 'use "orlop tags NAME"'],
  ["info", 'use "orlop doctor"'],
  ["events", "orlop keeps none"],
  ["restart app", 'use "orlop stop CONTAINER"'],
  ["rename a b", 'use "orlop container metadata CONTAINER --set name=NAME"'],
  ["update app", "a container stays as it was made"],
  ["compose up", "orlop runs single pods"],
  ["kube play x.yaml", "orlop runs single pods"],
  ["machine start", "there is no daemon"],
  ["runp x.json", 'use "orlop pod create"'],
  ["rmp web", 'use "orlop pod rm"'],
  ["pods", 'use "orlop pod ls"'],
  ["inspecti app", 'use "orlop image inspect"'],
  ["imagefsinfo", 'use "orlop df"'],
  ["containers ls", 'use "orlop container"'],
  ["tasks ls", 'use "orlop ps"'],
  ["snapshots ls", 'use "orlop df --verbose"'],
  ["list-tags x", 'use "orlop tags NAME"'],
  ["bud .", "orlop builds no images"],
  ["from app", 'use "orlop container create"'],
  ["unpack --image x", 'use "orlop start CONTAINER"'],
  ["repack", "use umoci on the layout"],
  ["podman ps", "type the command after orlop without it"],
  ["docker pull x", "type the command after orlop without it"],
  ["status", 'use "orlop ps", or "orlop doctor"'],
  ["fsck", 'use "orlop check"'],
  ["du", 'use "orlop df"'],
  // Not of the table: a command of another group, or a slip of the fingers.
  ["create app", '"orlop container create" or "orlop pod create"'],
  ["ls", '"orlop image ls" or "orlop container ls" or "orlop pod ls"'],
  ["image df", 'did you mean "orlop df"?'],
  ["container pull app", 'did you mean "orlop pull"?'],
  ["imags", 'did you mean "orlop images"?'],
  ["contianer ls", 'did you mean "orlop container"?'],
  ["plul app", 'did you mean "orlop pull"?'],
  ["stopp-", 'did you mean "orlop stop"?'],
  ["image inspct app", 'did you mean "orlop image inspect"?'],
  ["vers", 'did you mean "orlop version"?'],
];

Deno.test("what people type from habit gets the right hint", async (t) => {
  assert(TYPED.length > 50);
  for (const [line, hint] of TYPED) {
    await t.step(line, () => {
      const message = refusalOf(line);
      assertStringIncludes(message, "has no such command; ");
      assertStringIncludes(message.split("; ").slice(1).join("; "), hint);
    });
  }
});

Deno.test("what no one means gets no hint", async (t) => {
  for (const line of ["xyzzy", "foo", "q", "image zap"]) {
    await t.step(line, () => {
      const message = refusalOf(line);
      assert(message.endsWith("has no such command"), message);
    });
  }
});

Deno.test("hints are about words that are no commands, and name some", async (t) => {
  for (const [words, advice] of Object.entries(ADVICE)) {
    await t.step(words, () => {
      refusalOf(words);
      for (const [, line = ""] of advice.matchAll(/"orlop ([^"]+)"/g)) {
        parseCommandLine([...line.split(" "), "--help"], COMMANDS);
        assert(findCommand(COMMANDS.commands ?? [], line.split(" ")[0] ?? ""));
      }
    });
  }
});

function refusalOf(line: string): string {
  try {
    parseCommandLine(line.split(" "), COMMANDS);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`orlop ${line}: it is a command`);
}
