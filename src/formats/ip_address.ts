/** IP addresses as people write them. */

const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);
// RFC 4007, 11: the zone comes behind a percent sign.
const IPV6 = /^([\da-f:.]+)(?:%[\w.:-]+)?$/i;

/** Whether a text is an IPv4 or IPv6 address, such as `10.0.0.5` or `fe80::1`. */
export function isIpAddress(text: string): boolean {
  if (IPV4.test(text)) return true;
  const [, address] = IPV6.exec(text) ?? [];
  return address !== undefined && URL.canParse(`http://[${address}]/`);
}
