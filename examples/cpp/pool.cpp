// Max and mean pooling in C++17, speaking poolproof's protocol over its standard streams. Needs no library.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// Pooling.

struct Geometry {
    int64_t samples, channels, height, width;
    int64_t tall, wide;    // of a window
    int64_t down, across;  // from one window to the next
    int64_t rows, columns; // of windows

    int64_t inputs() const { return samples * channels * height * width; }
    int64_t outputs() const { return samples * channels * rows * columns; }
    double cells() const { return static_cast<double>(tall * wide); }

    // The first cell in x of the window of output o.
    int64_t corner(int64_t o) const {
        const int64_t column = o % columns, row = o / columns % rows, plane = o / columns / rows;
        return (plane * height + row * down) * width + column * across;
    }

    // Visit the cells in x of the window of output o, in row-major order.
    template <class Visit> void window(int64_t o, Visit visit) const {
        const int64_t first = corner(o);
        for (int64_t h = 0; h < tall; h++)
            for (int64_t w = 0; w < wide; w++)
                visit(first + h * width + w);
    }
};

using Integers = std::vector<int64_t>;

Geometry geometry_of(const Integers &shape, const Integers &size, const Integers &stride) {
    if (shape.size() != 4 || size.size() != 2 || stride.size() != 2)
        throw std::invalid_argument("x should have 4 axes, size and stride 2 entries");
    if (size[0] < 1 || size[1] < 1 || size[0] > shape[2] || size[1] > shape[3])
        throw std::invalid_argument("size should be at least 1 and at most the height and width of x");
    if (stride[0] < 1 || stride[1] < 1)
        throw std::invalid_argument("stride should be at least 1");
    const int64_t rows = (shape[2] - size[0]) / stride[0] + 1, columns = (shape[3] - size[1]) / stride[1] + 1;
    return {shape[0], shape[1], shape[2], shape[3], size[0], size[1], stride[0], stride[1], rows, columns};
}

// The cell of the largest element in the window of output o, the first of several; a NaN is larger than everything.
template <class T> int64_t first_maximum(const Geometry &g, const std::vector<T> &x, int64_t o) {
    int64_t best = g.corner(o);
    g.window(o, [&](int64_t cell) {
        if (x[best] == x[best] && !(x[cell] <= x[best]))
            best = cell;
    });
    return best;
}

template <class T> std::vector<T> max_forward(const Geometry &g, const std::vector<T> &x) {
    std::vector<T> y(g.outputs());
    for (int64_t o = 0; o < g.outputs(); o++)
        y[o] = x[first_maximum(g, x, o)];
    return y;
}

// Indices count from the beginning of each plane.
template <class T> Integers max_indices(const Geometry &g, const std::vector<T> &x) {
    Integers indices(g.outputs());
    for (int64_t o = 0; o < g.outputs(); o++)
        indices[o] = first_maximum(g, x, o) % (g.height * g.width);
    return indices;
}

template <class T> std::vector<T> mean_forward(const Geometry &g, const std::vector<T> &x) {
    std::vector<T> y(g.outputs());
    for (int64_t o = 0; o < g.outputs(); o++) {
        double sum = 0;
        g.window(o, [&](int64_t cell) { sum += x[cell]; });
        y[o] = static_cast<T>(sum / g.cells());
    }
    return y;
}

// Gradients add up in double where windows overlap, and are rounded once.
template <class T>
std::vector<T> max_backward(const Geometry &g, const std::vector<T> &dy, const std::vector<T> &x) {
    std::vector<double> dx(g.inputs());
    for (int64_t o = 0; o < g.outputs(); o++)
        dx[first_maximum(g, x, o)] += dy[o];
    return {dx.begin(), dx.end()};
}

template <class T> std::vector<T> mean_backward(const Geometry &g, const std::vector<T> &dy) {
    std::vector<double> dx(g.inputs());
    for (int64_t o = 0; o < g.outputs(); o++)
        g.window(o, [&](int64_t cell) { dx[cell] += dy[o] / g.cells(); });
    return {dx.begin(), dx.end()};
}

// JSON, as the suite writes it.

struct Json {
    std::string text;              // a string, number or word, as it is written
    std::vector<std::string> keys; // of an object
    std::vector<Json> items;       // of an object or an array

    const Json &operator[](const std::string &key) const {
        for (size_t k = 0; k < keys.size(); k++)
            if (keys[k] == key)
                return items[k];
        throw std::invalid_argument("the header should have " + key);
    }

    Integers integers() const {
        Integers found;
        for (const Json &item : items)
            found.push_back(std::stoll(item.text));
        return found;
    }
};

class Reader {
  public:
    explicit Reader(const std::string &json) : json(json) {}

    Json value() {
        if (next() == '{' || next() == '[')
            return nest();
        return {next() == '"' ? string() : word(), {}, {}};
    }

  private:
    const std::string &json;
    size_t at = 0;

    // The next character that is no separator. Past the end, `at` throws.
    char next() {
        at = std::min(json.find_first_not_of(" \t\r\n,:", at), json.size());
        return json.at(at);
    }

    Json nest() {
        Json nest;
        const char end = json[at] == '{' ? '}' : ']';
        for (at++; next() != end;) {
            if (end == '}')
                nest.keys.push_back(string());
            nest.items.push_back(value());
        }
        at++;
        return nest;
    }

    // Escapes stay as they are: nothing that is looked for has any.
    std::string string() {
        const size_t start = ++at;
        while (json.at(at) != '"')
            at += json[at] == '\\' ? 2 : 1;
        return json.substr(start, at++ - start);
    }

    std::string word() {
        const size_t start = at;
        at = std::min(json.find_first_of(",]} \t\r\n", at), json.size());
        if (at == start)
            throw std::runtime_error("the header is not JSON");
        return json.substr(start, at - start);
    }
};

std::string listed(const Integers &numbers) {
    std::string list;
    for (int64_t number : numbers)
        list += (list.empty() ? "" : ",") + std::to_string(number);
    return "[" + list + "]";
}

// Frames: the magic, the lengths of header and payload with the most significant byte first, header, payload.

struct Frame {
    std::string header, payload;
};

uint64_t number_of(const std::string &bytes) {
    uint64_t number = 0;
    for (unsigned char byte : bytes)
        number = number << 8 | byte;
    return number;
}

std::string bytes_of(uint64_t number, size_t count) {
    std::string bytes(count, '\0');
    for (size_t k = count; k-- > 0; number >>= 8)
        bytes[k] = static_cast<char>(number);
    return bytes;
}

// So many bytes of standard input, fewer only at its end.
std::string read(size_t length) {
    std::string bytes(length, '\0');
    bytes.resize(std::fread(&bytes[0], 1, length, stdin));
    return bytes;
}

// The next frame; none at the end of standard input.
std::optional<Frame> receive() {
    const std::string head = read(16);
    if (head.size() < 16)
        return std::nullopt;
    if (head.substr(0, 4) != "PPF1")
        throw std::runtime_error("what came is no frame");
    const size_t header = number_of(head.substr(4, 4)), payload = number_of(head.substr(8, 8));
    return Frame{read(header), read(payload)};
}

void send(const Frame &frame) {
    const std::string head = "PPF1" + bytes_of(frame.header.size(), 4) + bytes_of(frame.payload.size(), 8);
    for (const std::string &part : {head, frame.header, frame.payload})
        std::fwrite(part.data(), 1, part.size(), stdout);
    std::fflush(stdout);
}

// Messages.

const char *const HELLO = R"("type":"hello","version":1,
    "offers":["max_forward","mean_forward","max_backward","mean_backward","max_indices"],
    "declared":{"name":"pool.cpp","dtypes":["float32","float64"]},"names":[],"evidence":[])";

// The arrays of a call. Their bytes are copied, because they lie one after another in the payload, not always aligned.
template <class T> std::vector<std::vector<T>> arrays_of(const Json &call, const std::string &payload) {
    std::vector<std::vector<T>> arrays;
    size_t start = 0;
    for (const Json &array : call["arrays"].items) {
        const std::string bytes = payload.substr(start, std::stoull(array["bytes"].text));
        arrays.emplace_back(bytes.size() / sizeof(T));
        std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char *>(arrays.back().data()));
        start += bytes.size();
    }
    return arrays;
}

template <class T> Frame array(const char *dtype, const Integers &shape, const std::vector<T> &values) {
    const std::string payload(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
    return {R"("kind":"array","dtype":")" + std::string(dtype) + R"(","shape":)" + listed(shape), payload};
}

template <class T> Frame pooled(const char *dtype, const Json &call, const std::string &payload) {
    const std::string &function = call["function"].text;
    const Json &described = call["arrays"].items.back(); // x, as a gradient stands before it
    const Geometry g = geometry_of(described["shape"].integers(), call["size"].integers(), call["stride"].integers());
    const auto arrays = arrays_of<T>(call, payload);
    const std::vector<T> &x = arrays.back(), &dy = arrays.front();
    const Integers like_x = {g.samples, g.channels, g.height, g.width};
    const Integers like_y = {g.samples, g.channels, g.rows, g.columns};
    if (function == "max_forward")
        return array(dtype, like_y, max_forward(g, x));
    if (function == "mean_forward")
        return array(dtype, like_y, mean_forward(g, x));
    if (function == "max_indices")
        return array("<i8", like_y, max_indices(g, x));
    if (call["arrays"].items.front()["shape"].integers() != like_y)
        throw std::invalid_argument("dy should have the shape of y");
    if (function == "max_backward")
        return array(dtype, like_x, max_backward(g, dy, x));
    if (function == "mean_backward")
        return array(dtype, like_x, mean_backward(g, dy));
    throw std::invalid_argument("there is no such function");
}

Frame called(const Json &call, const std::string &payload) {
    const std::string &dtype = call["arrays"].items.back()["dtype"].text;
    if (call["arrays"].items.front()["dtype"].text != dtype)
        throw std::invalid_argument("dy should have the dtype of x");
    if (dtype == "<f4")
        return pooled<float>("<f4", call, payload);
    if (dtype == "<f8")
        return pooled<double>("<f8", call, payload);
    throw std::invalid_argument("x should be float32 or float64");
}

Frame answered(const Json &call, const std::string &payload) {
    try {
        Frame answer = called(call, payload);
        return {R"("type":"answer",)" + answer.header, answer.payload};
    } catch (const std::exception &error) {
        return {R"("type":"answer","error":"ValueError: )" + std::string(error.what()) + '"', ""};
    }
}

int main() try {
    while (const auto frame = receive()) {
        const Json message = Reader(frame->header).value();
        Frame answer = message["type"].text == "hello" ? Frame{HELLO, ""} : answered(message, frame->payload);
        answer.header = R"({"id":)" + message["id"].text + "," + answer.header + "}";
        send(answer);
    }
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
