/** What people are told of a server that cannot be spoken to. */

import { assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../src/errors/image_errors.ts";
import { parseReference } from "../../src/formats/oci/reference.ts";
import { explainFailure } from "../../src/registry/explain_failure.ts";
import { openRepository } from "../../src/registry/open_repository.ts";
import { serveScript } from "../support/servers/scripted_server.ts";
import { tempDir } from "../support/temp_dir.ts";

const ADVICE = "; for plain http use --tls-verify=false, or insecure = true " +
  "in registries.conf";
const RESET = "it reset the connection";
const CLOSED = "it closed the connection without an answer";

/** What a server sends to everybody, and what is said by `tlsVerify`. */
interface Case {
  readonly sends: readonly string[];
  readonly verified: string;
  readonly insecure: string;
}

const CASES: Readonly<Record<string, Case>> = {
  "nothing": { sends: [], verified: CLOSED, insecure: CLOSED },
  "another protocol": {
    sends: ["SSH-2.0-OpenSSH_9.6\r\n"],
    verified: `it does not speak TLS${ADVICE}`,
    insecure:
      "by https, it does not speak TLS; by http, it does not speak HTTP",
  },
  "a refusal by http": {
    sends: ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"],
    verified: `it does not speak TLS${ADVICE}`,
    insecure: "by https, it does not speak TLS; " +
      "by http, it answers with status 400",
  },
};

Deno.test("openRepository() gives no advice that was followed already", async (t) => {
  for (const [name, { sends, verified, insecure }] of Object.entries(CASES)) {
    const says = new Map<boolean | undefined, string>([
      [true, verified],
      [false, insecure],
      // Loopback is tried by http, too.
      [undefined, insecure],
    ]);
    for (const [tlsVerify, why] of says) {
      await t.step(`${name}, ${tlsVerify}`, async () => {
        using dir = tempDir();
        await using server = await serveScript([{ raw: sends }]);
        const { message } = await assertRejects(
          () =>
            openRepository(parseReference(`${server.host}/a`), {
              ...{ tlsVerify, retry: { tries: 1 } },
              systemDirectory: dir.path,
            }),
          RegistryError,
        );
        assertEquals(message, `Cannot reach "${server.host}": ${why}`);
      });
    }
  }
});

Deno.test("explainFailure() shows nothing of the runtime's own", async (t) => {
  const messages: readonly (readonly [message: string, shown: string])[] = [
    [
      "error sending request for url (https://h/v2/?token=1): client error " +
      "(Connect): something new (os error 5)",
      "something new",
    ],
    ["error sending request: connection reset by peer", RESET],
    ["read ECONNRESET", RESET],
    ["socket hang up", RESET],
    [
      "Client network socket disconnected before secure TLS connection was " +
      "established",
      CLOSED,
    ],
    ["client error (Connect): tls handshake eof", CLOSED],
    ["connect ETIMEDOUT 192.0.2.1:443", "it does not answer"],
  ];
  for (const [message, shown] of messages) {
    await t.step(message, () => {
      assertEquals(explainFailure(new TypeError(message)), shown);
    });
  }
});
