/** Prints what doctor finds of its own permissions: `root runRoot` are given. */

import { permissionChecks } from "../../../src/engine/doctor/check_permissions.ts";

const [root = "", runRoot = ""] = Deno.args;
const checks = permissionChecks({ root, runRoot, libc: undefined, env: {} });
const findings = await Promise.all(checks.map(({ look }) => look()));
const text = JSON.stringify(findings.flat());
await Deno.stdout.write(new TextEncoder().encode(text));
