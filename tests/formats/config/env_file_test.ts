import { assertEquals, assertThrows } from "@std/assert";
import { parseEnvFile } from "../../../src/formats/config/env_file.ts";

function parse(text: string): readonly string[] {
  return parseEnvFile(new TextEncoder().encode(text), "file");
}

Deno.test("parseEnvFile() reads what podman reads", async (t) => {
  const table: [string, string, string[]][] = [
    ["nothing", "", []],
    ["variables", "A=1\nB=2\n", ["A=1", "B=2"]],
    ["no newline at the end", "A=1", ["A=1"]],
    ["Windows' newlines", "A=1\r\nB=2\r\n", ["A=1", "B=2"]],
    ["a byte order mark", "\ufeffA=1\n", ["A=1"]],
    ["comments and empty lines", "# a\n\n  # b\n \t\nA=1\n", ["A=1"]],
    ["no comment behind a value", "A=1 # b", ["A=1 # b"]],
    ["quotes as they are", `A="1 2"\nB='3'`, [`A="1 2"`, "B='3'"]],
    ["blanks, but those in front", "  A = 1 ", ["A = 1 "]],
    ["an equals sign in a value", "A=b=c", ["A=b=c"]],
    ["an empty value", "A=", ["A="]],
    ["names alone", "A\nB*\n", ["A", "B*"]],
    ["no shell", "export A=$B", ["export A=$B"]],
    ["other alphabets", "Ä=ö", ["Ä=ö"]],
    ["a value longer than Go's scanner takes", `A=${"x".repeat(70000)}`, [
      `A=${"x".repeat(70000)}`,
    ]],
  ];
  for (const [name, text, expected] of table) {
    await t.step(name, () => assertEquals(parse(text), expected));
  }
});

Deno.test("parseEnvFile() names the line that it cannot read", () => {
  const refuses = (text: string, message: string) =>
    assertThrows(() => parse(text), SyntaxError, message);
  refuses("A=1\n=x", "the variable in line 2 has no name");
  refuses(" =x", "the variable in line 1 has no name");
  refuses("A=1\nB=\0", "the variable in line 2 has a NUL in it");
  const latin = new Uint8Array([0x41, 0x3d, 0xff]);
  assertThrows(() => parseEnvFile(latin, "file"), SyntaxError, "no UTF-8");
});
