/** What flags say about registries, in the terms of the runtime. */

import { promptSecret } from "@std/cli";
import type { PullOptions } from "../../../engine/transfer/pull_image.ts";
import type { Credentials } from "../../../formats/config/auth_file.ts";
import { parsePlatform } from "../../../image/choose_manifest.ts";
import type { FlagValues } from "../../command.ts";
import type { PULL_FLAGS } from "../../table/shared_flags.ts";
import { UsageError } from "../../usage_error.ts";
import { readRegistryEnv } from "../read_env.ts";

/** Turns flags into options of a pull. */
export function pullOptions(flags: FlagValues<typeof PULL_FLAGS>): PullOptions {
  const { platform, creds } = flags;
  return {
    platform: platform === undefined ? undefined : parsePlatform(platform),
    credentials: creds === undefined ? undefined : readCredentials(creds),
    authFile: flags.authfile,
    certDir: flags["cert-dir"],
    tlsVerify: flags["tls-verify"],
    space: flags["ignore-space"] ? "ignore" : "check",
    received: flags["no-resume"] ? "forget" : "use",
    env: readRegistryEnv(),
  };
}

function readCredentials(text: string): Credentials {
  const colon = text.indexOf(":");
  const username = colon < 0 ? text : text.slice(0, colon);
  if (username === "") {
    throw new UsageError(`Cannot use "--creds": the user's name is missing`);
  }
  if (colon >= 0) {
    return { kind: "password", username, password: text.slice(colon + 1) };
  }
  const password = promptSecret(`Password of "${username}":`, { mask: "" });
  if (password !== null) return { kind: "password", username, password };
  throw new UsageError(
    `Cannot ask for the password of "${username}": standard input is no ` +
      `terminal; write USER:PASSWORD`,
  );
}
