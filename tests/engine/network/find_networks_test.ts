import { assertEquals, assertThrows } from "@std/assert";
import {
  findNetworks,
  listNetworks,
} from "../../../src/engine/network/find_networks.ts";
import { NetworkError } from "../../../src/errors/network_errors.ts";
import { tempDir } from "../../support/temp_dir.ts";

function describe(name: string): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name,
    plugins: [{ type: "foo" }],
  });
}

Deno.test("findNetworks() takes the file that comes first, and is one", () => {
  using dir = tempDir();
  const settings = { configDirectory: dir.path };
  const files = {
    "00-odd.conflist": "{",
    "05-readme.txt": describe("text"),
    "20-b.conf": describe("b"),
    "10-a.conflist": describe("a"),
    "30-c.json": describe("c"),
  };
  for (const [name, text] of Object.entries(files)) {
    Deno.writeTextFileSync(dir.join(name), text);
  }
  const namesOf = (names?: readonly string[]) =>
    findNetworks({ ...settings, names }).map(({ list }) => list.name);
  assertEquals(namesOf(), ["a"]);
  assertEquals(namesOf(["c", "b"]), ["c", "b"]);
  const problems: string[] = [];
  listNetworks(settings, (message) => problems.push(message));
  assertEquals(problems, [
    `Cannot read "${dir.join("00-odd.conflist")}": not valid JSON`,
  ]);
  const error = assertThrows(() => namesOf(["d"]), NetworkError);
  assertEquals(error.category, "unavailable");
});

Deno.test("findNetworks() says why there is none", () => {
  using dir = tempDir();
  const configDirectory = dir.join("none");
  assertThrows(
    () => findNetworks({ configDirectory }),
    NetworkError,
    `"${configDirectory}" describes none`,
  );
  Deno.writeTextFileSync(dir.join("a.conf"), "[]");
  assertThrows(
    () => findNetworks({ configDirectory: dir.path }),
    NetworkError,
    'Cannot find a network: Cannot read "',
  );
});
