/** The table's part about logins to registries. */

import type { Argument, Command, FlagTable } from "../command.ts";
import { refused } from "./refused_flags.ts";
import { REGISTRY_FLAGS } from "./shared_flags.ts";

const REGISTRY: Argument = { name: "REGISTRY", isOptional: true };
const KEYS = "REGISTRY is HOST[:PORT], or HOST[:PORT]/NAMESPACE[/REPOSITORY] " +
  "for a part of it; if omitted, the first of registries.conf's " +
  "unqualified-search-registries.";

const { authfile, "cert-dir": certDir, "tls-verify": tlsVerify } =
  REGISTRY_FLAGS;

/** Where credentials are kept. */
export const AUTH_FILE_FLAGS = {
  authfile: {
    ...authfile,
    help: "The file of credentials, instead of $REGISTRY_AUTH_FILE or " +
      "auth.json",
  },
  "compat-auth-file": {
    type: "text",
    value: "PATH",
    completes: "file",
    help: "The same, a config.json in docker's format",
  },
} as const satisfies FlagTable;

/** `orlop login`. */
export const LOGIN = {
  name: "login",
  summary: "Log in to a registry, also for podman, buildah and skopeo",
  description: [
    "Asks on the terminal for what is omitted. If the registry " +
    "accepts the login, it is stored in podman's auth.json, so that " +
    "podman, buildah and skopeo are logged in, too, or by a " +
    "credential helper.",
    KEYS,
  ],
  section: "Registries",
  arguments: [REGISTRY],
  flags: {
    username: {
      type: "text",
      short: "u",
      value: "USER",
      help: "The user at the registry",
    },
    "password-stdin": {
      type: "boolean",
      help: "Read the password from standard input",
    },
    password: {
      type: "text",
      short: "p",
      value: "PASSWORD",
      help: "The password, visible to all users of this machine; better use " +
        "--password-stdin",
    },
    "get-login": {
      type: "boolean",
      help: "Only show who is logged in",
    },
    ...AUTH_FILE_FLAGS,
    "cert-dir": certDir,
    "tls-verify": tlsVerify,
    verbose: {
      type: "boolean",
      short: "v",
      help: "Show where the credentials are stored",
    },
    secret: refused("orlop keeps no secrets; use --password-stdin"),
  },
  examples: [
    { line: "orlop login quay.io", does: "Asks for name and password" },
    {
      line: "orlop login -u ann --password-stdin quay.io/team",
      does: "For quay.io/team, from a script",
    },
    { line: "orlop login --get-login quay.io", does: "Who is logged in" },
  ],
  needs: ["net"],
} as const satisfies Command;

/** `orlop logout`. */
export const LOGOUT = {
  name: "logout",
  summary: "Remove the credentials for a registry, or for all",
  description: [KEYS],
  section: "Registries",
  arguments: [REGISTRY],
  flags: {
    all: { type: "boolean", short: "a", help: "For all registries" },
    ...AUTH_FILE_FLAGS,
  },
  examples: [{ line: "orlop logout quay.io", does: "For one" }],
  needs: ["helpers"],
} as const satisfies Command;

/** Those at the top level. */
export const LOGIN_COMMANDS: readonly Command[] = [LOGIN, LOGOUT];
