import { assertThrows } from "@std/assert";
import { readNetworks } from "../../../src/cli/input/flags/network_flags.ts";
import {
  checkOnce,
  checkSilent,
} from "../../../src/cli/input/join_networks.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

function check(...publish: readonly string[]): void {
  const none = { dns: [], "dns-search": [], "dns-option": [] };
  const wanted = readNetworks({ network: [], publish, ...none });
  checkOnce(wanted.kind === "join" ? wanted.ports : []);
}

Deno.test("checkOnce() lets a port of the host lead to one place", async (t) => {
  const right: readonly (readonly string[])[] = [
    ["8080:80"],
    ["8080:80", "8081:80"],
    ["8080:80", "8080:80/udp"],
    ["127.0.0.1:8080:80", "127.0.0.2:8080:81"],
  ];
  for (const publish of right) {
    await t.step(publish.join(" "), () => check(...publish));
  }
  const wrong: readonly (readonly string[])[] = [
    ["8080:80", "8080:81"],
    ["8080:80", "8080:80"],
    ["8081:80", "127.0.0.1:8080:80", "8080:81"],
    ["[::]:8080:80", "8080:80"],
    ["53:53/udp", "53:54/udp"],
  ];
  for (const publish of wrong) {
    await t.step(publish.join(" "), () => {
      assertThrows(() => check(...publish), UsageError, "twice");
    });
  }
});

Deno.test("checkSilent() leaves its port to who listens there", () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const asked = { protocol: "tcp", containerPort: 80, hostPort: port } as const;
  for (const hostIp of [undefined, "127.0.0.1"]) {
    const check = () => checkSilent({ ...asked, hostIp });
    assertThrows(check, InUseError, "listens there");
  }
  checkSilent({ ...asked, hostIp: "127.0.0.2" });
  checkSilent({ ...asked, hostIp: "192.0.2.1" }); // another machine's
  checkSilent({ ...asked, protocol: "udp" });
  listener.close();
  checkSilent(asked);
});
