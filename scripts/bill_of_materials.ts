/** Prints what is in a built orlop, as CycloneDX 1.6: for scanners of hosts. */

import project from "../deno.json" with { type: "json" };
import lock from "../deno.lock" with { type: "text" };

/** What went into a build besides the locked packages. */
export interface Build {
  /** The version of Deno inside. */
  readonly deno: string;
  /** As `uname -m` has it. */
  readonly machine: string;
  /** Empty if it was built without git. */
  readonly commit: string;
}

/** Lists the parts of a build; the same build gives the same list. */
export function billOfMaterials({ deno, machine, commit }: Build): unknown {
  const { version, license } = project;
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": "orlop",
        name: "orlop",
        version,
        licenses: [{ license: { id: license } }],
        properties: [
          { name: "orlop:commit", value: commit },
          { name: "orlop:machine", value: machine },
        ],
      },
    },
    components: [
      {
        type: "platform",
        "bom-ref": "deno",
        name: "deno",
        version: deno,
        licenses: [{ license: { id: "MIT" } }],
        cpe: `cpe:2.3:a:deno:deno:${deno}:*:*:*:*:*:*:*`,
      },
      ...lockedPackages().map(toComponent),
    ],
  };
}

interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** `sha512-` and base64. */
  readonly integrity: string;
}

function lockedPackages(): LockedPackage[] {
  const { npm }: { npm: Record<string, { integrity: string }> } = JSON.parse(
    lock,
  );
  return Object.entries(npm).map(([key, { integrity }]) => {
    const at = key.lastIndexOf("@");
    return { name: key.slice(0, at), version: key.slice(at + 1), integrity };
  });
}

function toComponent({ name, version, integrity }: LockedPackage) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const hash = Uint8Array.fromBase64(integrity.replace("sha512-", ""));
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    hashes: [{ alg: "SHA-512", content: hash.toHex() }],
  };
}

if (import.meta.main) {
  const [deno = "", machine = "", commit = ""] = Deno.args;
  const bill = billOfMaterials({ deno, machine, commit });
  // deno-lint-ignore no-console -- a script prints
  console.log(JSON.stringify(bill, undefined, 2));
}
