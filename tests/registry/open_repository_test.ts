import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import {
  RegistryError,
  UnauthorizedError,
} from "../../src/errors/image_errors.ts";
import { PolicyError } from "../../src/errors/store_errors.ts";
import { parseManifest } from "../../src/formats/oci/manifest.ts";
import { parseReference } from "../../src/formats/oci/reference.ts";
import { choosePlatform } from "../../src/image/choose_manifest.ts";
import { openRepository } from "../../src/registry/open_repository.ts";
import type { RegistryOptions } from "../../src/registry/registry_image.ts";
import {
  type TestImage,
  writeTestLayout,
} from "../support/images/test_layout.ts";
import { needs } from "../support/peers.ts";
import {
  type SeenRequest,
  serveHostile,
} from "../support/servers/hostile_server.ts";
import {
  freePort,
  REGISTRY_PROGRAMS,
  type RegistryServerOptions,
  startRegistry,
} from "../support/servers/registry_server.ts";
import { tempDir } from "../support/temp_dir.ts";

const USER = { name: "ann", password: "s3:cret" };

registryTest("openRepository() pulls over plain http on loopback", {
  async fn({ host, image, ...options }) {
    const reference = parseReference(`${host}/a/b:1`);
    using source = await openRepository(reference, options);
    const manifest = parseManifest(await source.fetchManifest());
    assertEquals(manifest.digest, image.manifest.digest);
    const again = await source.fetchManifest(manifest.digest);
    assertEquals(again.digest, manifest.digest);
    assertEquals(source.url.href, `http://${host}/v2/a/b/`);
    await pullLayer(source, image);
  },
});

registryTest("openRepository() pulls by digest", {
  async fn({ host, image, ...options }) {
    const { digest } = image.manifest;
    const reference = parseReference(`${host}/a/b:other@${digest}`);
    using source = await openRepository(reference, options);
    assertEquals((await source.fetchManifest()).digest, digest);
  },
});

registryTest("openRepository() pulls an image of an index", {
  platform: { os: "linux", architecture: "arm64" },
  async fn({ host, image, ...options }) {
    const reference = parseReference(`${host}/a/b:1`);
    using source = await openRepository(reference, options);
    const index = parseManifest(await source.fetchManifest());
    if (index.kind !== "index") throw new Error("not an index");
    const platform = { os: "linux", architecture: "arm64" };
    const { digest } = choosePlatform(index, platform);
    assertEquals(digest, image.manifest.digest);
    assertEquals((await source.fetchManifest(digest)).digest, digest);
  },
});

registryTest("openRepository() says what is not there", {
  async fn({ host, ...options }) {
    const reference = parseReference(`${host}/a/b:none`);
    const error = await assertRejects(
      () => openRepository(reference, options),
      RegistryError,
      `Cannot pull "${host}/a/b:none": the registry does not have it`,
    );
    assertEquals([error.status, error.code], [404, "MANIFEST_UNKNOWN"]);
  },
});

registryTest("openRepository() trusts a CA of a cert dir", {
  server: { tls: true },
  async fn({ host, image, caDir, ...options }) {
    const reference = parseReference(`${host}/a/b:1`);
    using source = await openRepository(reference, {
      ...options,
      certDir: caDir,
    });
    assertEquals(source.url.href, `https://${host}/v2/a/b/`);
    await pullLayer(source, image);
  },
});

registryTest("openRepository() trusts a CA in certs.d", {
  server: { tls: true },
  async fn({ host, image, caDir, ...options }) {
    const folder = `${options.systemDirectory}/containers/certs.d/${host}`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.copyFile(`${caDir}/ca.crt`, `${folder}/ca.crt`);
    const reference = parseReference(`${host}/a/b:1`);
    using source = await openRepository(reference, options);
    await pullLayer(source, image);
  },
});

registryTest("openRepository() refuses an unknown CA", {
  server: { tls: true },
  async fn({ host, ...options }) {
    const reference = parseReference(`${host}/a/b:1`);
    await assertRejects(
      () => openRepository(reference, options),
      RegistryError,
      `Cannot reach "${host}": its certificate comes from an unknown authority`,
    );
  },
});

registryTest("openRepository() takes any certificate if told to", {
  server: { tls: true },
  async fn({ host, image, ...options }) {
    const reference = parseReference(`${host}/a/b:1`);
    using source = await openRepository(reference, {
      ...options,
      tlsVerify: false,
    });
    await pullLayer(source, image);
  },
});

registryTest("openRepository() wants TLS if told to", {
  async fn({ host, ...options }) {
    const reference = parseReference(`${host}/a/b:1`);
    await assertRejects(
      () => openRepository(reference, { ...options, tlsVerify: true }),
      RegistryError,
      "it does not speak TLS",
    );
  },
});

registryTest("openRepository() logs in by given credentials", {
  server: { user: USER },
  async fn({ host, image, ...options }) {
    const reference = parseReference(`${host}/a/b:1`);
    using source = await openRepository(reference, {
      ...options,
      credentials: {
        kind: "password",
        username: USER.name,
        password: USER.password,
      },
    });
    await pullLayer(source, image);
    await assertRejects(
      () => openRepository(reference, options),
      UnauthorizedError,
    );
  },
});

registryTest("openRepository() logs in by a credential file", {
  server: { user: USER },
  async fn({ host, image, ...options }) {
    const authFile = `${options.systemDirectory}/auth.json`;
    const auth = btoa(`${USER.name}:${USER.password}`);
    const auths = { [`${host}/a`]: { auth } };
    await Deno.writeTextFile(authFile, JSON.stringify({ auths }));
    const reference = parseReference(`${host}/a/b:1`);
    using source = await openRepository(reference, { ...options, authFile });
    await pullLayer(source, image);
  },
});

registryTest("openRepository() says that credentials are missing or wrong", {
  server: { user: USER },
  async fn({ host, ...options }) {
    const reference = parseReference(`${host}/a/b:1`);
    await assertRejects(
      () => openRepository(reference, options),
      UnauthorizedError,
      "it wants a user name and a password",
    );
    const credentials = {
      kind: "password",
      username: USER.name,
      password: "wrong",
    } as const;
    const error = await assertRejects(
      () => openRepository(reference, { ...options, credentials }),
      UnauthorizedError,
      "needs (other) credentials",
    );
    assert(!error.message.includes("wrong"));
  },
});

registryTest("openRepository() goes to mirrors first, and to the next", {
  async fn({ host, image, ...options }) {
    const registriesConf = `${options.systemDirectory}/registries.conf`;
    await Deno.writeTextFile(
      registriesConf,
      `[[registry]]
      prefix = "example.com/team"
      location = "${host}/none"
      [[registry.mirror]]
      location = "${host}/missing"
      [[registry.mirror]]
      location = "${host}/a"`,
    );
    const reference = parseReference("example.com/team/b:1");
    const conf = { ...options, registriesConf };
    using source = await openRepository(reference, conf);
    assertEquals(source.endpoint.path, "a/b");
    await pullLayer(source, image);
    const other = parseReference("example.com/team/c:1");
    const error = await assertRejects(
      () => openRepository(other, conf),
      RegistryError,
      'Cannot pull "example.com/team/c:1" from 3 places',
    );
    assertEquals(error.status, 404);
  },
});

Deno.test("openRepository() gives mirrors no credentials that were given for the registry", async (t) => {
  const challenges: Readonly<Record<string, (host: string) => string>> = {
    Basic: () => 'Basic realm="mirror"',
    Bearer: (host) => `Bearer realm="http://${host}/token"`,
  };
  for (const [scheme, challengeOf] of Object.entries(challenges)) {
    await t.step(scheme, async () => {
      using dir = tempDir();
      await using mirror = serveHostile(({ url }) =>
        url.includes("/token") ? Response.json({ token: "any" }) : new Response(
          null,
          {
            status: 401,
            headers: { "www-authenticate": challengeOf(new URL(url).host) },
          },
        )
      );
      await using server = serveHostile(({ headers }) =>
        headers.get("authorization") === null
          ? new Response(null, {
            status: 401,
            headers: { "www-authenticate": 'Basic realm="own"' },
          })
          : Response.json({ schemaVersion: 2 })
      );
      const registriesConf = dir.join("registries.conf");
      await Deno.writeTextFile(
        registriesConf,
        `[[registry]]
        location = "${server.host}"
        [[registry.mirror]]
        location = "${mirror.host}"`,
      );
      using _source = await openRepository(
        parseReference(`${server.host}/a:1`),
        {
          registriesConf,
          systemDirectory: dir.path,
          credentials: {
            kind: "password",
            username: USER.name,
            password: USER.password,
          },
          retry: { tries: 1 },
        },
      );
      const basic = `Basic ${btoa(`${USER.name}:${USER.password}`)}`;
      const seen = (requests: readonly SeenRequest[]) =>
        requests.map(({ headers }) => headers.get("authorization"));
      assertFalse(seen(mirror.requests).includes(basic));
      assert(mirror.requests.length > 0);
      assertEquals(seen(server.requests).at(-1), basic);
    });
  }
});

Deno.test("openRepository() refuses blocked registries", async () => {
  using dir = tempDir();
  const registriesConf = dir.join("registries.conf");
  await Deno.writeTextFile(
    registriesConf,
    '[[registry]]\nlocation = "example.com"\nblocked = true',
  );
  await assertRejects(
    () => openRepository(parseReference("example.com/a"), { registriesConf }),
    PolicyError,
    'registry "example.com" is blocked',
  );
});

Deno.test("openRepository() reports that no one answers", async () => {
  using dir = tempDir();
  const host = `127.0.0.1:${freePort()}`;
  await assertRejects(
    () =>
      openRepository(parseReference(`${host}/a`), {
        systemDirectory: dir.path,
        retry: { tries: 2, delayMs: 1 },
      }),
    RegistryError,
    `Cannot reach "${host}": connection refused`,
  );
});

interface RegistryTest {
  readonly server?: RegistryServerOptions;
  readonly platform?: { os: string; architecture: string };
  fn(context: RegistryTestContext): Promise<void>;
}

interface RegistryTestContext extends RegistryOptions {
  readonly host: string;
  readonly image: TestImage;
  /** The folder of the registry's CA, if it has TLS. */
  readonly caDir: string;
  readonly systemDirectory: string;
}

/** Tests against a real registry that has the image `a/b:1`. */
function registryTest(
  name: string,
  { server = {}, platform, fn }: RegistryTest,
): void {
  Deno.test({
    name,
    ...needs(...REGISTRY_PROGRAMS),
    async fn() {
      using dir = tempDir();
      const choice = platform === undefined ? {} : { platform };
      const image = await writeTestLayout(dir.join("layout"), choice);
      await using registry = await startRegistry(server);
      await registry.pushLayout(image.layout, "a/b:1");
      await Deno.mkdir(dir.join("etc"));
      const { host, certDir } = registry;
      const systemDirectory = dir.join("etc");
      await fn({ host, image, caDir: certDir, systemDirectory });
    },
  });
}

async function pullLayer(
  source: Awaited<ReturnType<typeof openRepository>>,
  { layers: [layer], layerBytes }: TestImage,
): Promise<void> {
  if (layer === undefined) throw new Error("no layer");
  const stream = await source.open(layer);
  assertEquals(await new Response(stream).bytes(), layerBytes);
}
