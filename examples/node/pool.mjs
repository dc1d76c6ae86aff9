// Max and mean pooling in JavaScript for Node 18 and newer, speaking poolproof's protocol over its standard streams.

const DTYPES = { "<f4": Float32Array, "<f8": Float64Array };

// Pooling. Numbers are doubles here; storing one in a Float32Array rounds it, once.

function geometryOf(shape, size, stride) {
  if (shape.length !== 4) throw new RangeError(`x has ${shape.length} axes, but should have 4: (N, C, H, W)`);
  const [samples, channels, height, width] = shape;
  const [[tall, wide], [down, across]] = [size, stride];
  if (!(1 <= tall && tall <= height && 1 <= wide && wide <= width)) {
    throw new RangeError(`size=${size} should be at least 1 and at most ${height},${width}, as x`);
  }
  if (!(Math.min(down, across) >= 1)) throw new RangeError(`stride=${stride} should be at least 1`);
  const [rows, columns] = [Math.floor((height - tall) / down) + 1, Math.floor((width - wide) / across) + 1];
  return { samples, channels, height, width, tall, wide, down, across, rows, columns, cells: tall * wide };
}

const shapeOfX = (g) => [g.samples, g.channels, g.height, g.width];
const shapeOfY = (g) => [g.samples, g.channels, g.rows, g.columns];
const product = (shape) => shape.reduce((a, b) => a * b, 1);

/** The first cell in x of the window of output o. */
function corner(g, o) {
  const [column, row] = [o % g.columns, Math.floor(o / g.columns) % g.rows];
  const plane = Math.floor(o / g.columns / g.rows);
  return (plane * g.height + row * g.down) * g.width + column * g.across;
}

/** Visit the cells in x of the window of output o, in row-major order. */
function window(g, o, visit) {
  const first = corner(g, o);
  for (let h = 0; h < g.tall; h++) for (let w = 0; w < g.wide; w++) visit(first + h * g.width + w);
}

/** The cell of the largest element in the window of output o, the first of several; a NaN is larger than everything. */
function firstMaximum(g, x, o) {
  let best = corner(g, o);
  window(g, o, (cell) => {
    if (x[best] === x[best] && !(x[cell] <= x[best])) best = cell;
  });
  return best;
}

function sum(g, x, o) {
  let total = 0;
  window(g, o, (cell) => (total += x[cell]));
  return total;
}

function forward(g, ofWindow) {
  const shape = shapeOfY(g);
  return { shape, values: Float64Array.from({ length: product(shape) }, (_, o) => ofWindow(o)) };
}

/** Gradients add up in double where windows overlap. */
function backward(g, dy, scatter) {
  if (`${dy.shape}` !== `${shapeOfY(g)}`) throw new RangeError(`dy has shape ${dy.shape}, but should have that of y`);
  const shape = shapeOfX(g);
  const values = new Float64Array(product(shape));
  dy.values.forEach((share, o) => scatter(values, share, o));
  return { shape, values };
}

const KERNELS = {
  max_forward: (g, { x }) => forward(g, (o) => x.values[firstMaximum(g, x.values, o)]),
  mean_forward: (g, { x }) => forward(g, (o) => sum(g, x.values, o) / g.cells),
  max_backward: (g, { dy, x }) =>
    backward(g, dy, (dx, share, o) => {
      dx[firstMaximum(g, x.values, o)] += share;
    }),
  mean_backward: (g, { dy }) =>
    backward(g, dy, (dx, share, o) => {
      window(g, o, (cell) => (dx[cell] += share / g.cells));
    }),
};

// Messages.

const HELLO = {
  type: "hello",
  version: 1,
  offers: Object.keys(KERNELS),
  declared: { name: "pool.mjs", dtypes: ["float32", "float64"] },
  names: [],
  evidence: [],
};

/** The arrays of a call by their names. Their bytes are copied, because typed arrays need aligned memory. */
function arraysOf(call, payload) {
  const arrays = {};
  let start = 0;
  for (const { name, dtype, shape, bytes } of call.arrays) {
    if (!(dtype in DTYPES)) throw new TypeError(`${name} is ${dtype}, but should be one of ${Object.keys(DTYPES)}`);
    const memory = new Uint8Array(payload.subarray(start, start + bytes)).buffer;
    arrays[name] = { dtype, shape, values: new DTYPES[dtype](memory) };
    start += bytes;
  }
  return arrays;
}

function pooled(call, payload) {
  const arrays = arraysOf(call, payload);
  const { dtype, shape } = arrays.x;
  const result = KERNELS[call.function](geometryOf(shape, call.size, call.stride), arrays);
  const values = DTYPES[dtype].from(result.values);
  return [{ type: "answer", kind: "array", dtype, shape: result.shape }, Buffer.from(values.buffer)];
}

function answered(message, payload) {
  if (message.type === "hello") return [HELLO, Buffer.alloc(0)];
  try {
    return pooled(message, payload);
  } catch (error) {
    return [{ type: "answer", error: `${error.name}: ${error.message}` }, Buffer.alloc(0)];
  }
}

// Frames: the magic, the lengths of header and payload with the most significant byte first, header, payload.

const HEAD = 16;
const input = process.stdin[Symbol.asyncIterator]();
let rest = Buffer.alloc(0);

/** So many bytes of standard input; null at its end. What came beyond them waits for the next call. */
async function read(length) {
  const chunks = [rest];
  for (let have = rest.length; have < length; have += chunks.at(-1).length) {
    const { value, done } = await input.next();
    if (done) return null;
    chunks.push(value);
  }
  const all = Buffer.concat(chunks);
  rest = all.subarray(length);
  return all.subarray(0, length);
}

/** The next message and its payload; null at the end of standard input. */
async function receive() {
  const head = await read(HEAD);
  if (head === null) return null;
  if (head.toString("latin1", 0, 4) !== "PPF1") throw new Error("what came is no frame");
  const header = await read(head.readUInt32BE(4));
  const payload = await read(Number(head.readBigUInt64BE(8)));
  return payload && [JSON.parse(header), payload];
}

/** Write a frame, and wait until all of it is written. */
function send(message, payload) {
  const header = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(HEAD);
  head.write("PPF1");
  head.writeUInt32BE(header.length, 4);
  head.writeBigUInt64BE(BigInt(payload.length), 8);
  return new Promise((written) => process.stdout.write(Buffer.concat([head, header, payload]), written));
}

for (let frame = await receive(); frame !== null; frame = await receive()) {
  const [message, payload] = frame;
  const [answer, memory] = answered(message, payload);
  await send({ ...answer, id: message.id }, memory);
}
