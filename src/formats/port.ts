/** Ports of TCP, UDP, and SCTP. */

/** The highest. */
export const MAX_PORT = 65_535;

/** Whether a number is a port that something can listen at. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= MAX_PORT;
}
