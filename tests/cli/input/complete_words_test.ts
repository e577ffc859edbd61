import { assertEquals } from "@std/assert";
import type { Command } from "../../../src/cli/command.ts";
import { completeWords } from "../../../src/cli/input/complete_words.ts";

const ROOT: Command = {
  name: "orlop",
  summary: "Test",
  flags: { root: { type: "text", help: "Root", completes: "file" } },
  commands: [
    { name: "secret", summary: "Secret", isHidden: true },
    {
      name: "image",
      summary: "Images",
      commands: [
        {
          name: "rm",
          summary: "Remove",
          arguments: [{ name: "IMAGE", isRepeated: true, completes: "image" }],
        },
      ],
    },
    {
      name: "run",
      summary: "Run",
      arguments: [{ name: "IMAGE", completes: "image" }],
      stopsAtFirstArgument: true,
      flags: {
        network: { type: "text", choices: ["none", "host"], help: "Network" },
        rm: { type: "boolean", help: "Remove" },
      },
    },
  ],
};

Deno.test("completeWords() offers what may follow", async (t) => {
  const cases: readonly [string[], string[], string?][] = [
    [["run", "image", "--n"], []],
    [["run", "--", "--n"], [], "image"],
    [["run", "--", ""], [], "image"],
    [["run", "image", ""], []],
    [[""], ["image", "run"]],
    [["im"], ["image"]],
    [["image", ""], ["rm"]],
    [["--ro"], ["--root"]],
    [["--root", ""], [], "file"],
    [["--root", "/x", "r"], ["run"]],
    [["image", "rm", ""], [], "image"],
    [["image", "rm", "a", ""], [], "image"],
    [["run", "--n"], ["--network"]],
    [["run", "--network", ""], ["none", "host"]],
    [["run", "--network=h"], ["--network=host"]],
    [["run", "--rm", ""], [], "image"],
    [["run", "busybox", "--r"], []],
    [["nonsense", ""], []],
  ];
  for (const [words, expected, names] of cases) {
    await t.step(words.join(" "), () => {
      const completion = completeWords(words, ROOT);
      assertEquals(completion.candidates.map(({ word }) => word), expected);
      assertEquals(completion.names, names);
    });
  }
});
