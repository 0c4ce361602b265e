// SPDX-License-Identifier: Apache-2.0
// Who is on the screen, and which receive line shows whom. Pure functions, tested by tests/browser/unit/assignment.test.mjs.
// Their common law: what is seen stays where it is for as long as it can.

/**
 * Give each wanted track a receive line. A line keeps its track while that is wanted, and who comes back gets the line of before if
 * nobody has it now: turning a page there and back again needs no other lines.
 * @param {string[]} lines mids of the receive lines
 * @param {string[]} wanted track ids, the most important first; those beyond the number of lines get none
 * @param {Map<string, string|null>} previous what each line shows now
 * @param {Map<string, string>} last what each line showed last, before it showed nothing
 * @returns {Map<string, string|null>} what each line should show
 */
export function assignLines(lines, wanted, previous, last = new Map()) {
  const served = wanted.slice(0, lines.length);
  const open = new Set(served);
  const result = new Map();
  for (const mid of lines) {
    const track = previous.get(mid) ?? null;
    const keeps = track !== null && open.delete(track);
    result.set(mid, keeps ? track : null);
  }
  for (const mid of lines) {
    if (result.get(mid) === null && open.delete(last.get(mid))) result.set(mid, last.get(mid));
  }
  const waiting = served.filter((track) => open.has(track));
  for (const mid of lines) {
    if (result.get(mid) === null && waiting.length > 0) result.set(mid, waiting.shift());
  }
  return result;
}

/**
 * Keep the order of people true to who is in the room: the gone leave their place to those behind, newcomers go last.
 * @param {string[]} order @param {string[]} present
 */
export function updateOrder(order, present) {
  const here = new Set(present);
  const kept = order.filter((id) => here.has(id));
  const known = new Set(kept);
  return kept.concat(present.filter((id) => !known.has(id)));
}

/**
 * Bring those whom the server shows to the first page: each takes the place of somebody there whom it does not show. Nobody else
 * moves.
 * @param {string[]} order @param {string[]} carried at most `pageSize` of them count @param {number} pageSize
 */
export function seat(order, carried, pageSize) {
  const seated = new Set(carried.filter((id) => order.includes(id)).slice(0, pageSize));
  const result = [...order];
  for (const id of seated) {
    const from = result.indexOf(id);
    if (from < pageSize) continue;
    let to = pageSize - 1;
    while (seated.has(result[to])) to--;
    [result[from], result[to]] = [result[to], id];
  }
  return result;
}

/** The part of `order` on page `page` (from 0), and how many pages there are. A page beyond the end is the last one. */
export function paginate(order, page, pageSize) {
  const size = Math.max(1, pageSize);
  const pages = Math.max(1, Math.ceil(order.length / size));
  const at = Math.min(Math.max(0, page), pages - 1);
  return { page: at, pages, ids: order.slice(at * size, at * size + size) };
}
