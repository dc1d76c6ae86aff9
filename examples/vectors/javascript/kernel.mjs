// Max and mean pooling of planes of float32 and float64, forward, without settings: plain loops.

export function pool(v) {
  const plain = Math.max(...v.padding) === 0 && Math.max(...v.dilation) === 1 && !v.ceilMode[0];
  if (!/^(max|mean)_forward$/.test(v.name) || v.rank !== 2 || !/^float(32|64)$/.test(v.dtype) || !plain) return null;
  const read = (i) => (v.item === 4 ? v.xArray.readFloatLE(4 * i) : v.xArray.readDoubleLE(8 * i));
  const answer = Buffer.alloc(v.count * v.answerItem);
  const [, , , rows, columns] = v.windows, [, , , height, width] = v.x;
  for (let o = 0; o < v.count; o++) {
    const plane = Math.floor(o / (rows * columns)), row = Math.floor(o / columns) % rows, column = o % columns;
    let sum = 0, largest = -Infinity;
    for (let h = 0; h < v.size[1]; h++)
      for (let w = 0; w < v.size[2]; w++) {
        const number = read((plane * height + row * v.stride[1] + h) * width + column * v.stride[2] + w);
        sum += number;
        if (number > largest) largest = number;
      }
    const result = v.name === "max_forward" ? largest : sum / (v.size[1] * v.size[2]);
    if (v.answerItem === 4) answer.writeFloatLE(result, 4 * o);
    else answer.writeDoubleLE(result, 8 * o);
  }
  return answer;
}
