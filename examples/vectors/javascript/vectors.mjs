// Asks a kernel every vector of a file, and judges its answers: node vectors.mjs vectors.bin
import { readFileSync } from "node:fs";
import { pool } from "./kernel.mjs";

const LENGTHS = { rank: 1, item: 1, answerItem: 1, x: 5, size: 3, stride: 3, padding: 6, dilation: 3, ceilMode: 1,
  counted: 1, windows: 5, mayRefuse: 1, again: 1, ranges: 1, sums: 1 };
const file = readFileSync(process.argv[2]);
let place = 0;
const bytes = (count) => file.subarray(place, (place += count));
const line = () => [bytes(file.indexOf("\n", place) - place).toString(), bytes(1)][0].split(" ");
const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
const same = (one, other) => Buffer.compare(one, other) === 0;

// An integer for each number, in the same order: both zeros have the same, and NaN lies beyond infinity.
function key(dtype, width, array, i) {
  let bits = 0n;
  for (let k = width; k--; ) bits = (bits << 8n) | BigInt(array[i * width + k]);
  const sign = 1n << BigInt(8 * width - 1);
  return dtype[0] === "u" || dtype[0] === "b" || bits < sign ? bits : dtype[0] === "f" ? sign - bits : bits - 2n * sign;
}

// The first element that lies in none of its ranges, or whose plane does not add up to what it should; -1 if none.
function firstWrong(v, answer) {
  for (let i = 0; i < v.count; i++) {
    const found = key(v.answerType, v.answerItem, answer, i);
    const inside = ([least, most]) =>
      key(v.answerType, v.answerItem, least, i) <= found && found <= key(v.answerType, v.answerItem, most, i);
    if (!v.allowed.some(inside)) return i;
  }
  const number = (i) => (v.answerItem === 4 ? answer.readFloatLE(4 * i) : answer.readDoubleLE(8 * i));
  const cells = v.count / v.totals.length;
  const plane = v.totals.findIndex(([least, most], plane) => {
    let total = 0;
    for (let i = 0; i < cells; i++) total += number(plane * cells + i);
    return !(least <= total && total <= most);
  });
  return plane < 0 ? -1 : plane * cells;
}

let asked = 0, wrong = 0, last = null;
for (let left = Number(line()[3]); left--; ) {
  const [number, name, dtype, answerType, ...numbers] = line();
  const v = { number, name, dtype, answerType };
  for (const [field, length] of Object.entries(LENGTHS)) v[field] = numbers.splice(0, length).map(Number);
  for (const field of ["rank", "item", "answerItem", "counted", "mayRefuse", "again", "ranges", "sums"]) [v[field]] = v[field];
  v.xArray = bytes(v.item * product(v.x));
  v.dy = name.endsWith("backward") ? bytes(v.item * product(v.windows)) : null;
  v.count = product(v.dy ? v.x : v.windows);
  v.allowed = Array.from({ length: v.ranges }, () => [bytes(v.count * v.answerItem), bytes(v.count * v.answerItem)]);
  v.totals = Array.from({ length: v.sums * v.x[0] * v.x[1] }, () => [bytes(8).readDoubleLE(), bytes(8).readDoubleLE()]);
  const before = [Buffer.from(v.xArray), Buffer.from(v.dy ?? [])];
  const answer = pool(v); // a Buffer; null: not taken; "refused"
  const kept = same(before[0], v.xArray) && same(before[1], v.dy ?? before[1]);
  const at = answer instanceof Buffer ? firstWrong(v, answer) : -1;
  const good = answer === null || (answer === "refused" ? v.mayRefuse
    : kept && at < 0 && !(v.again && last instanceof Buffer && !same(last, answer)));
  if (!good) console.log(`vector ${number} is wrong: ${name} of ${dtype}${at < 0 ? "" : `, element ${at}`}`);
  [asked, wrong, last] = [asked + (answer !== null), wrong + !good, answer];
}
console.log(`${asked} vectors asked, ${wrong} wrong`);
process.exitCode = wrong || !asked ? 1 : 0;
