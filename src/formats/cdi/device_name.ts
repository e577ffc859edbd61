/** Names of devices of CDI, the Container Device Interface: SPEC.md, "Kind". */

/** A device that a specification describes. */
export interface DeviceName {
  /** Such as `vendor.com/class`. */
  readonly kind: string;
  /** Unique in its kind. */
  readonly name: string;
}

const KIND = /^[A-Za-z]([\w.-]*[A-Za-z0-9])?\/[A-Za-z]([\w.-]*[A-Za-z0-9])?$/;
const NAME = /^[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/;

/** Whether a text can only be such a device, and not a path of the host. */
export function isDeviceName(text: string): boolean {
  return !text.startsWith("/") && /^[^/=]+\/[^/=]+=/.test(text);
}

/**
 * Parses `vendor.com/class=name`.
 *
 * @throws {TypeError} If it is malformed.
 */
export function parseDeviceName(text: string): DeviceName {
  const end = text.indexOf("=");
  const [kind, name] = [text.slice(0, end), text.slice(end + 1)];
  if (end > 0 && isKind(kind) && isNameInKind(name)) return { kind, name };
  throw new TypeError(
    `Cannot use device "${text}": expected vendor.com/class=name`,
  );
}

/** Whether a text names a kind of devices. */
export function isKind(text: string): boolean {
  return KIND.test(text);
}

/** Whether a text names a device of a kind. */
export function isNameInKind(text: string): boolean {
  return NAME.test(text);
}
