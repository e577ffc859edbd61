import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  findAddressProblem,
  findRealmProblem,
  isLoopback,
  showAddress,
} from "../../src/registry/address_rules.ts";

const REGISTRY = "https://registry.example";
const PLAIN = "http://registry.example:5000";
const LOCAL = "http://127.0.0.1:5000";

/** From where a server sends us, where to, and why it must not. */
type Hop = readonly [from: string, to: string, problem: string | undefined];

const HOPS: readonly Hop[] = [
  [REGISTRY, "https://cdn.invalid/blob", undefined],
  [REGISTRY, "https://registry.example:8443/blob", undefined],
  [PLAIN, "https://cdn.invalid/blob", undefined],
  [PLAIN, "http://10.0.0.7/blob", undefined],
  [LOCAL, "http://127.0.0.1:9000/blob", undefined],
  [LOCAL, "http://[::1]/blob", undefined],
  [LOCAL, "http://localhost:9000/blob", undefined],
  [REGISTRY, "http://cdn.invalid/blob", "downgrade from https"],
  [REGISTRY, "http://registry.example/blob", "downgrade from https"],
  [REGISTRY, "file:///etc/passwd", "scheme"],
  [REGISTRY, "ftp://cdn.invalid/blob", "scheme"],
  [REGISTRY, "data:,blob", "scheme"],
  [REGISTRY, "https://u:p@cdn.invalid/blob", "has a user name"],
  [REGISTRY, "https://u@cdn.invalid/blob", "has a user name"],
  [REGISTRY, "https://:p@cdn.invalid/blob", "has a user name"],
  [REGISTRY, "https://127.0.0.1/", "loopback address"],
  [REGISTRY, "https://localhost/", "loopback address"],
  [REGISTRY, "https://LOCALHOST./", "loopback address"],
  [REGISTRY, "https://a.localhost/", "loopback address"],
  [REGISTRY, "https://169.254.169.254/", "link-local address"],
  [PLAIN, "http://2852039166/", "link-local address"],
  [PLAIN, "http://[fd00:ec2::254]/", "metadata address"],
  [LOCAL, "http://169.254.169.254/", "link-local address"],
  [LOCAL, "http://[::ffff:169.254.169.254]/", "link-local address"],
  ["http://169.254.1.2", "http://169.254.1.3/", undefined],
  ["http://169.254.1.2", "http://[fd00:ec2::254]/", "metadata address"],
  ["http://169.254.1.2", "http://127.0.0.1/", "loopback address"],
];

Deno.test("findAddressProblem() reports where a server may send us", async (t) => {
  for (const [from, to, problem] of HOPS) {
    await t.step(`${from} to ${to}`, async () => {
      const found = await findAddressProblem(new URL(to), new URL(from));
      assertEquals(found, problem);
    });
  }
});

const OPEN = "plain http, to another host or port than the registry's: no " +
  "password is sent there";

/** A registry, its token service, and why that gets no password, and nothing. */
type Realm = readonly [
  registry: string,
  realm: string,
  secret: string | undefined,
  none: string | undefined,
];

const REALMS: readonly Realm[] = [
  [REGISTRY, "https://auth.invalid/token", undefined, undefined],
  [REGISTRY, "https://registry.example/token", undefined, undefined],
  [REGISTRY, "https://registry.example:5001/token", undefined, undefined],
  [PLAIN, "http://registry.example:5000/token", undefined, undefined],
  [PLAIN, "https://registry.example:5001/token", undefined, undefined],
  [PLAIN, "http://registry.example:5001/token", OPEN, undefined],
  [PLAIN, "http://auth.invalid/token", OPEN, undefined],
  [LOCAL, "http://127.0.0.1:5000/token", undefined, undefined],
  [LOCAL, "http://127.0.0.1:5001/token", OPEN, undefined],
  ...both(LOCAL, "http://localhost:5000/token", "internal address"),
  ...both(LOCAL, "http://[::1]/token", "internal address"),
  ...both(LOCAL, "http://10.0.0.1/token", "internal address"),
  ...both(REGISTRY, "https://192.168.1.1/token", "internal address"),
  ...both(REGISTRY, "https://127.0.0.1/token", "loopback address"),
  ...both(REGISTRY, "https://[fd00:ec2::254]/", "metadata address"),
  ...both(REGISTRY, "https://u:p@registry.example/", "has a user name"),
  ...both(
    REGISTRY,
    "http://registry.example/",
    "plain http, but the registry has https",
  ),
  ...both(REGISTRY, "file:///etc/passwd", "neither https nor http"),
];

Deno.test("findRealmProblem() reports who may ask for a login", async (t) => {
  for (const [registry, realm, secret, none] of REALMS) {
    await t.step(`${registry} and ${realm}`, async () => {
      const urls = [new URL(realm), new URL(registry)] as const;
      assertEquals(
        await findRealmProblem(...urls, { login: "secret" }),
        secret,
      );
      assertEquals(await findRealmProblem(...urls, { login: "none" }), none);
    });
  }
});

Deno.test("showAddress() shows no secret, and at most 200 letters", () => {
  const secret = new URL("https://u:p@cdn.example:8443/a/b?token=secret#c");
  assertEquals(showAddress(secret), "https://cdn.example:8443/a/b");
  const long = new URL(`http://cdn.example/${"a".repeat(300)}`);
  assertEquals(showAddress(long), long.href.slice(0, 200));
});

Deno.test("isLoopback() knows names of this machine, and no others", () => {
  for (const host of ["localhost", "localhost.", "a.localhost", "[::1]"]) {
    assert(isLoopback(host), host);
  }
  for (const host of ["notlocalhost", "localhost.example", "128.0.0.1"]) {
    assertFalse(isLoopback(host), host);
  }
});

function both(registry: string, realm: string, problem: string): [Realm] {
  return [[registry, realm, problem, problem]];
}
