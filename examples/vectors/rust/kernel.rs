// What a vector says, as docs/vectors.md describes it, and a kernel: the forward passes of float32 and float64 on planes.

pub const LENGTHS: [usize; 15] = [1, 1, 1, 5, 3, 3, 6, 3, 1, 1, 5, 1, 1, 1, 1];

pub struct Vector<'a> {
    pub function: &'a str,
    pub dtype: &'a str,
    pub answer: &'a str, // the dtype of the answer
    pub item_of_x: usize,
    pub item: usize, // bytes of an element of the answer
    pub shape: Vec<usize>,
    pub size: Vec<usize>,
    pub stride: Vec<usize>,
    pub outputs: Vec<usize>,
    pub plain: bool, // a plane, with no settings
    pub backward: bool,
    pub cells: usize,
    pub windows: usize,
    pub count: usize, // elements of the answer
    pub may_refuse: bool,
    pub again: bool,
    pub ranges: usize,
    pub planes_with_sums: usize,
    pub x: &'a [u8],
    pub dy: &'a [u8],
}

impl<'a> Vector<'a> {
    pub fn of(function: &'a str, dtype: &'a str, answer: &'a str, fields: [Vec<usize>; 15]) -> Vector<'a> {
        let [rank, item_of_x, item, shape, size, stride, padding, dilation, ceil, _, outputs, may, again, ranges, sums] =
            fields;
        let (cells, windows) = (shape.iter().product(), outputs.iter().product());
        let backward = function.ends_with("backward");
        Vector {
            function, dtype, answer, size, stride, backward, cells, windows,
            item_of_x: item_of_x[0],
            item: item[0],
            plain: rank[0] == 2 && padding.iter().all(|&p| p == 0) && dilation.iter().all(|&d| d == 1) && ceil[0] == 0,
            count: if backward { cells } else { windows },
            may_refuse: may[0] == 1,
            again: again[0] == 1,
            ranges: ranges[0],
            planes_with_sums: sums[0] * shape[0] * shape[1],
            shape, outputs,
            x: &[],
            dy: &[],
        }
    }
}

pub enum Answer {
    Given(Vec<u8>),
    Skipped,
    #[allow(dead_code)]
    Refused,
}

pub fn pool(v: &Vector) -> Answer {
    match (v.plain, v.function, v.dtype) {
        (true, "max_forward" | "mean_forward", "float32") => {
            pooled(v, |bytes| f32::from_le_bytes(bytes.try_into().unwrap()) as f64, |y| (y as f32).to_le_bytes().to_vec())
        }
        (true, "max_forward" | "mean_forward", "float64") => {
            pooled(v, |bytes| f64::from_le_bytes(bytes.try_into().unwrap()), |y| y.to_le_bytes().to_vec())
        }
        _ => Answer::Skipped,
    }
}

fn pooled(v: &Vector, read: impl Fn(&[u8]) -> f64, written: impl Fn(f64) -> Vec<u8>) -> Answer {
    let (rows, columns, height, width) = (v.outputs[3], v.outputs[4], v.shape[3], v.shape[4]);
    let (down, across, tall, wide) = (v.stride[1], v.stride[2], v.size[1], v.size[2]);
    let cell = |i: usize| read(&v.x[i * v.item_of_x..(i + 1) * v.item_of_x]);
    let answer = (0..v.count).flat_map(|o| {
        let (plane, row, column) = (o / (rows * columns), o / columns % rows, o % columns);
        let first = (plane * height + row * down) * width + column * across;
        let window = (0..tall * wide).map(|tap| cell(first + tap / wide * width + tap % wide));
        written(if v.function == "max_forward" {
            window.fold(f64::NEG_INFINITY, f64::max)
        } else {
            window.sum::<f64>() / (tall * wide) as f64
        })
    });
    Answer::Given(answer.collect())
}
