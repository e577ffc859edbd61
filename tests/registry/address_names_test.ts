/** Names that lead elsewhere than they look, on a machine with names of its own. */

import { assertEquals } from "@std/assert";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const HOSTS = [
  "127.0.0.1 registry.test local.test",
  "::1 local6.test",
  "169.254.169.254 metadata.test",
  "fd00:ec2::254 metadata6.test",
  "10.0.0.1 private.test",
  "203.0.113.5 public.test both.test",
  "127.0.0.1 both.test",
].join("\n");
const PROGRAM = new URL(
  "../support/programs/tell_addresses.ts",
  import.meta.url,
).pathname;

/** The class of the address that a name has. */
const near = (place: string) => `its name resolves to a ${place} address`;

/** From where, where to, and what is wrong with that; of a realm if it differs. */
const CASES: readonly (readonly [string, string, string, string?])[] = [
  ["http://public.test", "http://metadata.test/", near("link-local")],
  ["http://public.test", "http://metadata6.test/", near("metadata")],
  ["http://public.test", "http://local.test/", near("loopback")],
  ["http://public.test", "http://local6.test/", near("loopback")],
  ["http://public.test", "http://both.test/", near("loopback")],
  ["http://public.test", "http://private.test/", ""],
  ["http://public.test", "http://unknown.test/", ""],
  ["https://public.test", "https://local.test/", near("loopback")],
  ["http://unknown.test", "http://local.test/", near("loopback")],
  ["http://private.test", "http://local.test/", near("loopback")],
  ["http://local.test", "http://private.test/", ""],
  ["http://registry.test", "http://local.test:9/", ""],
  ["http://registry.test", "http://both.test/", ""],
  ["http://registry.test", "http://local6.test/", ""],
  ["http://registry.test", "http://metadata.test/", near("link-local")],
  ["http://127.0.0.1:5000", "http://local.test/", ""],
  ["http://[::1]:5000", "http://local.test/", ""],
  ["http://10.0.0.1", "http://local.test/", near("loopback")],
  ["http://metadata.test", "http://metadata.test:81/", ""],
  ["http://169.254.1.1", "http://metadata.test/", ""],
  ["http://169.254.1.1", "http://metadata6.test/", near("metadata")],
];

Deno.test("names are judged by the addresses that they have", {
  ...needs("root", "unshare", "mount"),
}, async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("hosts"), `${HOSTS}\n`);
  const script = 'mount --bind "$1" /etc/hosts; shift; exec "$@"';
  const pairs = CASES.map(([from, to]) => [from, to]);
  const { stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["--mount", "--propagation=private", "sh", "-ec", script, "sh"],
      ...[dir.join("hosts"), Deno.execPath(), "run", "--no-check", "--quiet"],
      ...["--allow-all", PROGRAM, JSON.stringify(pairs)],
    ],
  }).output();
  const [text, error] = [stdout, stderr]
    .map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(error, "");
  const found: readonly (readonly string[])[] = JSON.parse(text ?? "");
  for (const [index, [from, to, redirect, realm]] of CASES.entries()) {
    await t.step(`${from} to ${to}`, () => {
      assertEquals(found[index], [redirect, realm ?? redirect]);
    });
  }
});
