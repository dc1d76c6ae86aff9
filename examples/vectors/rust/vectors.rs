// Asks a kernel every vector of a file, and judges its answers: rustc --edition 2021 -O vectors.rs && ./vectors vectors.bin
mod kernel;
use kernel::{pool, Answer, Vector, LENGTHS};

// Takes so many bytes off the front of the file.
fn take<'a>(file: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (bytes, rest) = file.split_at(count);
    *file = rest;
    bytes
}

fn line<'a>(file: &mut &'a [u8]) -> Vec<&'a str> {
    let end = file.iter().position(|&byte| byte == b'\n').expect("a line should end");
    std::str::from_utf8(&take(file, end + 1)[..end]).expect("a line should be text").split(' ').collect()
}

// An integer for each number, in the same order: both zeros have the same, and NaN lies beyond infinity.
fn key(dtype: &str, bytes: &[u8]) -> i128 {
    let bits = bytes.iter().rev().fold(0i128, |bits, &byte| bits << 8 | byte as i128);
    let sign = 1i128 << (8 * bytes.len() - 1);
    match &dtype[..1] {
        "f" if bits >= sign => sign - bits,
        "i" if bits >= sign => bits - 2 * sign,
        _ => bits,
    }
}

fn double(bytes: &[u8]) -> f64 {
    match bytes.len() {
        4 => f32::from_le_bytes(bytes.try_into().unwrap()) as f64,
        _ => f64::from_le_bytes(bytes.try_into().unwrap()),
    }
}

// The first element that lies in none of its ranges, or whose plane does not add up to what it should, if there is one.
fn first_wrong(v: &Vector, answer: &[u8], allowed: &[&[u8]], sums: &[u8]) -> Option<usize> {
    let (item, mut planes) = (v.item, sums.chunks(16).enumerate());
    let outside = answer.chunks(item).enumerate().position(|(i, element)| {
        let bound = |array: &[u8]| key(v.answer, &array[i * item..(i + 1) * item]);
        !allowed.chunks(2).any(|range| (bound(range[0])..=bound(range[1])).contains(&key(v.answer, element)))
    });
    let cells = v.count / (sums.len() / 16).max(1);
    outside.or_else(|| {
        let off = planes.find(|(plane, ends)| {
            let total: f64 = answer[plane * cells * item..(plane + 1) * cells * item].chunks(item).map(double).sum();
            !(double(&ends[..8]) <= total && total <= double(&ends[8..]))
        });
        off.map(|(plane, _)| plane * cells)
    })
}

fn main() {
    let content = std::fs::read(std::env::args().nth(1).expect("a file should be given")).expect("it should be there");
    let (mut file, mut asked, mut wrong, mut last) = (&content[..], 0, 0, Answer::Skipped);
    for _ in 0..line(&mut file)[3].parse().expect("the first line should end with a number") {
        let words = line(&mut file);
        let mut numbers = words[4..].iter().map(|word| word.parse::<usize>().expect("words should be numbers"));
        let fields = LENGTHS.map(|length| numbers.by_ref().take(length).collect::<Vec<usize>>());
        let mut v = Vector::of(words[1], words[2], words[3], fields);
        v.x = take(&mut file, v.cells * v.item_of_x);
        v.dy = take(&mut file, if v.backward { v.windows * v.item_of_x } else { 0 });
        let allowed: Vec<&[u8]> = (0..2 * v.ranges).map(|_| take(&mut file, v.count * v.item)).collect();
        let sums = take(&mut file, 16 * v.planes_with_sums);
        let answer = pool(&v); // arguments are shared slices, which no kernel can change
        let at = match &answer {
            Answer::Given(now) if now.len() == v.count * v.item => first_wrong(&v, now, &allowed, sums),
            _ => None,
        };
        let good = match (&answer, &last) {
            (Answer::Skipped, _) => true,
            (Answer::Refused, _) => v.may_refuse,
            (Answer::Given(now), Answer::Given(before)) if v.again && now != before => false,
            (Answer::Given(now), _) => now.len() == v.count * v.item && at.is_none(),
        };
        if !good {
            let place = at.map_or(String::new(), |at| format!(", element {at}"));
            println!("vector {} is wrong: {} of {}{place}", words[0], v.function, v.dtype);
        }
        asked += !matches!(answer, Answer::Skipped) as usize;
        wrong += !good as usize;
        last = answer;
    }
    println!("{asked} vectors asked, {wrong} wrong");
    std::process::exit((wrong > 0 || asked == 0) as i32);
}
