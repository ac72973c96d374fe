// Groups, synapses, rules and lists of spikes, as Python describes them: read, and refused where wrong.
#pragma once
#include "snnrun/graph_kernels.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "bindings.hpp"

namespace snnrun {
namespace {

constexpr std::int64_t kLongestDelay = 1 << 20, kMostSignals = 1 << 16;

/// A map from Python, every key of which must be asked for.
class Given {
 public:
  Given(const py::handle& map, std::string what) : what_(std::move(what)) {
    if (!py::isinstance<py::dict>(map)) throw py::type_error(what_ + ": expected a map");
    map_ = py::reinterpret_borrow<py::dict>(map);
  }

  template <class T>
  T get(const char* key, T otherwise) {
    if (!map_.contains(key)) return otherwise;
    ++asked_;
    return number_of<T>(map_[key], what_ + ": " + key);
  }
  py::object object(const char* key) {
    if (!map_.contains(key)) return py::none();
    ++asked_;
    return map_[key];
  }
  py::list list(const char* key) {
    const py::object found = object(key);
    if (found.is_none()) return py::list();
    if (!py::isinstance<py::list>(found))
      throw py::type_error(what_ + ": " + key + ": expected a list");
    return py::reinterpret_borrow<py::list>(found);
  }
  template <class E>
  E choice(const char* key, int count) {
    const int found = get<int>(key, 0);
    require(found >= 0 && found < count, what_ + ": " + key + ": must lie in 0 to " +
                                             std::to_string(count - 1) + ", not " +
                                             std::to_string(found));
    return static_cast<E>(found);
  }
  void done() const { require(asked_ == map_.size(), what_ + ": a key that is not known"); }
  const std::string& what() const { return what_; }

 private:
  py::dict map_;
  std::string what_;
  std::size_t asked_ = 0;
};

/// An array of a shape.
py::array shaped(const py::object& given, std::initializer_list<std::int64_t> shape,
                 const std::string& what) {
  if (!py::isinstance<py::array>(given))
    throw py::type_error(what + ": expected a C-contiguous array");
  auto array = py::reinterpret_borrow<py::array>(given);
  require(has_shape(array, shape), what + ": does not fit, it is " + shape_of(array));
  return array;
}

/// The data of an array that Python keeps.
template <class T>
const T* read(const py::object& given, std::initializer_list<std::int64_t> shape,
              const std::string& what) {
  return values<T>(shaped(given, shape, what), what);
}

/// The same, to write to.
template <class T>
T* kept(const py::object& given, std::initializer_list<std::int64_t> shape, const std::string& what) {
  py::array array = shaped(given, shape, what);
  return writable<T>(array, what);
}

/// What lists and maps hold now, whatever becomes of them: so arrays stay.
py::object held(const py::handle& part) {
  py::list all;
  if (py::isinstance<py::dict>(part)) {
    for (const auto& [key, each] : py::reinterpret_borrow<py::dict>(part)) all.append(held(each));
  } else if (py::isinstance<py::list>(part)) {
    for (const auto& each : py::reinterpret_borrow<py::list>(part)) all.append(held(each));
  } else {
    return py::reinterpret_borrow<py::object>(part);
  }
  return std::move(all);
}

/// Arrays of constants, to whole blocks, delays, and what weights see: copies, which nobody else
/// writes once they are checked.
template <class F>
struct Storage {
  std::deque<std::vector<F>> numbers;
  std::deque<std::vector<std::int64_t>> whole;
  std::deque<std::vector<std::int32_t>> neurons;

  std::deque<std::vector<F>>& of(F) { return numbers; }
  std::deque<std::vector<std::int64_t>>& of(std::int64_t) { return whole; }
  std::deque<std::vector<std::int32_t>>& of(std::int32_t) { return neurons; }

  template <class T>
  const std::vector<T>& copy(const T* from, std::int64_t count) {
    return of(T()).emplace_back(from, from + count);
  }
};

/// A number, or an array with one for each neuron.
template <class F, class T>
void constant(Given& given, const char* key, std::int64_t size, Storage<F>& storage, Constant<T>& to) {
  const py::object found = given.object(key);
  if (found.is_none()) return;
  if (!py::isinstance<py::array>(found)) {
    to.one = number_of<T>(found, given.what() + ": " + key);
    return;
  }
  const auto array = py::reinterpret_borrow<py::array>(found);
  const T* const data = values<T>(array, given.what() + ": " + key);
  require(has_shape(array, {size}), given.what() + ": " + key + ": expected one for each neuron");
  auto& each = storage.of(T()).emplace_back(data, data + size);
  each.resize(whole_blocks(size));
  to.each = each.data();
}

template <class F>
void trace_of(Given& given, const std::string& name, GraphTrace<F>& to) {
  to.decay = given.get((name + "_decay").c_str(), to.decay);
  to.amount = given.get((name + "_amount").c_str(), to.amount);
  to.adds = given.get((name + "_adds").c_str(), to.adds);
}

template <class F>
GraphGroup<F> group_of(const py::handle& map, std::int64_t number, Storage<F>& storage) {
  Given given(map, "groups[" + std::to_string(number) + "]");
  GraphGroup<F> g;
  g.size = given.get<std::int64_t>("size", 0);
  require(g.size >= 1 && g.size < std::numeric_limits<std::int32_t>::max(),
          given.what() + ": size must be positive, not " + std::to_string(g.size));
  g.input = given.get("input", false);
  g.kind = given.choice<NeuronKind>("kind", kNeuronKinds);
  g.integration = given.choice<Integration>("integration", kIntegrations);
  g.level = given.choice<LevelKind>("level", kLevelKinds);
  const auto read = [&](const char* key, auto& to) { constant(given, key, g.size, storage, to); };
  read("decay", g.decay), read("gain", g.gain), read("rest", g.rest), read("reset", g.reset);
  read("threshold", g.threshold), read("theta_decay", g.theta_decay), read("plus", g.plus);
  read("input_decay", g.input_decay), read("inhibition_decay", g.inhibition_decay);
  read("excites_to", g.excites_to), read("inhibits_to", g.inhibits_to);
  read("refractory", g.refractory);
  for (std::int64_t i = 0; i < (g.refractory.each ? g.size : 1); ++i)
    require(g.refractory[i] >= 0 && g.refractory[i] <= 1 << 20,
            given.what() + ": refractory: expected 0 to 2^20 steps");
  g.lower = given.get("lower", -std::numeric_limits<F>::infinity());
  g.dt = given.get("dt", g.dt);
  if (const py::object theta = given.object("theta"); !theta.is_none()) {
    require(g.level == LevelKind::raised, given.what() + ": theta is for levels that are raised");
    g.theta = kept<F>(theta, {g.size}, given.what() + ": theta");
  }
  g.one_winner = given.get("one_winner", false);
  g.minus_traces = given.get("minus_traces", false);
  g.traced = given.get("traced", false);
  trace_of(given, "trace", g.trace);
  given.done();
  return g;
}

template <class F>
GraphRule<F> rule_of(const py::handle& map, const std::string& where) {
  Given given(map, where);
  GraphRule<F> r;
  r.kind = given.choice<PlasticityKind>("kind", kPlasticityKinds);
  require(r.kind != PlasticityKind::none, where + ": kind: none is no rule");
  const auto read = [&](const char* key, F& to) { to = given.get(key, to); };
  read("nu_pre", r.nu_pre), read("nu_post", r.nu_post), read("nu_slow", r.nu_slow);
  read("nu_pair", r.nu_pair), read("x_target", r.x_target), read("mu", r.mu), read("keep", r.keep);
  read("over", r.over), read("scale", r.scale), read("center", r.center), read("a", r.a);
  r.lag = given.get("lag", false);
  trace_of(given, "pre", r.pre), trace_of(given, "post", r.post), trace_of(given, "slow", r.slow);
  r.signal = given.get<std::int64_t>("signal", -1);
  require(r.signal >= -1 && r.signal < kMostSignals,
          where + ": signal: expected -1 to " + std::to_string(kMostSignals - 1) + ", not " +
              std::to_string(r.signal));
  r.baseline = given.get("baseline", 0.0);
  if (r.baseline != 0) r.average = kept<double>(given.object("average"), {}, where + ": average");
  given.done();
  return r;
}

/// Which neurons of pre each window sees, if that is told.
template <class F>
void read_windows(Given& given, const GraphGroup<F>& pre, Storage<F>& storage, GraphSynapses<F>& s) {
  const std::string what = given.what() + ": sees";
  const py::object sees = given.object("sees");
  if (sees.is_none()) return;
  const auto* const first = read<std::int32_t>(sees, {s.windows, s.width}, what);
  const auto& copy = storage.copy(first, s.windows * s.width);
  const auto known = [&](std::int32_t i) { return i >= -1 && i < pre.size; };
  require(std::all_of(copy.begin(), copy.end(), known), what + ": expected neurons of pre, or -1");
  s.sees = copy.data();
}

/// What weights of dense synapses see.
template <class F>
void read_rows(Given& given, const GraphGroup<F>& pre, const GraphGroup<F>& post, Storage<F>& storage,
               GraphSynapses<F>& s) {
  const std::string& what = given.what();
  s.rows = given.get("rows", post.size), s.width = given.get("width", pre.size);
  require(s.rows >= 1 && s.width >= 1 && post.size % s.rows == 0,
          what + ": rows: expected as many as neurons, or a share of them");
  require(s.rows <= std::numeric_limits<std::int32_t>::max() / s.width, what + ": too many weights");
  s.places = post.size / s.rows;
  s.weights = kept<F>(given.object("weights"), {s.rows, s.width}, what + ": weights");
  s.windows = given.get("windows", s.places);
  require(s.windows >= 1 && s.windows <= post.size, what + ": windows: expected 1 to all neurons");
  read_windows(given, pre, storage, s);
  require(s.sees || (s.width == pre.size && s.places == 1), what + ": weights: does not fit without sees");
  if (const py::object delays = given.object("delays"); !delays.is_none()) {
    const auto* const first = read<std::int64_t>(delays, {s.rows, s.width}, what + ": delays");
    const auto& copy = storage.copy(first, s.rows * s.width);
    const auto [shortest, longest] = std::minmax_element(copy.begin(), copy.end());
    require(*longest <= kLongestDelay, what + ": delays: expected at most 2^20 steps");
    s.delays = copy.data(), s.delay = *shortest;
  }
  if (const py::object mask = given.object("mask"); !mask.is_none())
    s.mask = read<std::uint8_t>(mask, {s.rows, s.width}, what + ": mask");
}

/// What a rule asks of the synapses that it is to change.
template <class F>
void check_rule(const GraphRule<F>& rule, const GraphGroup<F>& pre, const GraphGroup<F>& post,
                const GraphSynapses<F>& s, const std::string& what) {
  const PlasticityKind kind = rule.kind;
  const bool by_own = kind == PlasticityKind::triplet || kind == PlasticityKind::mstdp ||
                      kind == PlasticityKind::mstdpet;
  const bool by_pre = kind == PlasticityKind::fede;
  require(by_own || (pre.traced && (by_pre || post.traced)),
          what + ": a rule needs dense synapses and traces on both sides");
  require(!by_pre || s.places == 1, what + ": fede is for weights that are not shared");
}

template <class F>
GraphSynapses<F> synapses_of(const py::handle& map, const std::vector<GraphGroup<F>>& groups,
                             std::int64_t number, Storage<F>& storage) {
  Given given(map, "synapses[" + std::to_string(number) + "]");
  const std::string& what = given.what();
  const auto count = static_cast<std::int64_t>(groups.size());
  GraphSynapses<F> s;
  s.pre = given.get<std::int64_t>("pre", -1), s.post = given.get<std::int64_t>("post", -1);
  require(s.pre >= 0 && s.pre < count && s.post >= 0 && s.post < count,
          what + ": expected groups 0 to " + std::to_string(count - 1));
  const auto &pre = groups[s.pre], &post = groups[s.post];
  require(!post.input, what + ": an input receives nothing");
  s.delay = given.get("delay", s.delay);
  const auto check_delay = [&] {
    require(s.delay >= 0 && s.delay <= kLongestDelay, what + ": delay: expected 0 to 2^20 steps");
    require(s.delay > 0 || s.pre < s.post,
            what + ": without a delay, the first group must come before the second");
  };
  check_delay();
  s.kind = given.choice<SynapseKind>("kind", kSynapseKinds);
  if (s.kind == SynapseKind::pool) {
    s.weights = kept<F>(given.object("weights"), {1}, what + ": weights");
    s.rows = s.windows = post.size;
    s.width = given.get<std::int64_t>("width", 0);
    require(s.width >= 1 && s.rows <= std::numeric_limits<std::int32_t>::max() / s.width,
            what + ": width: expected 1 or more, and not too many");
    read_windows(given, pre, storage, s);
    for (std::int64_t p = 0; p < s.rows; ++p)
      require(s.sees && s.sees[p * s.width] >= 0, what + ": sees: expected a neuron in each window");
  } else if (s.dense()) {
    read_rows(given, pre, post, storage, s);
  } else {
    require(pre.size == post.size, what + ": groups of one size are needed");
    s.weights = kept<F>(given.object("weights"), {1}, what + ": weights");
  }
  check_delay();  // the shortest of them
  for (const auto& each : given.list("rules")) {
    require(s.dense(), what + ": a rule needs dense synapses and traces on both sides");
    s.rules.push_back(rule_of<F>(each, what + ".rules[" + std::to_string(s.rules.size()) + "]"));
    check_rule(s.rules.back(), pre, post, s, what);
  }
  s.low = given.get("low", -std::numeric_limits<F>::infinity());
  s.high = given.get("high", std::numeric_limits<F>::infinity());
  s.kept = given.get("kept", s.kept);
  s.norm = given.get("norm", s.norm), s.norm_squares = given.get("norm_squares", false);
  s.norm_steps = given.get("norm_steps", false);
  if (const py::object ready = given.object("ready"); !ready.is_none())
    s.ready = kept<std::uint8_t>(ready, {s.rows}, what + ": ready");
  given.done();
  return s;
}

SpikeLists lists_of(const py::tuple& given, std::int64_t size, const char* what) {
  require(given.size() == 2, std::string(what) + ": expected starts and places");
  if (!holds<std::int64_t>(given[0]) || !holds<std::int32_t>(given[1]))
    throw py::type_error(std::string(what) + ": expected C-contiguous arrays of int64 and int32");
  const auto starts = py::reinterpret_borrow<Array<std::int64_t>>(given[0]);
  const auto places = py::reinterpret_borrow<Array<std::int32_t>>(given[1]);
  require(starts.ndim() == 2 && starts.shape(1) >= 2 && places.ndim() == 1,
          std::string(what) + ": expected starts [samples, steps + 1] and places [spikes]");
  check_empty(starts, what);
  const SpikeLists lists = {starts.data(), places.data(), starts.shape(0), starts.shape(1) - 1};
  require(lists.steps < std::numeric_limits<std::int32_t>::max() / 2, "too many steps");
  for (std::int64_t b = 0; b < lists.samples; ++b) {
    const std::int64_t* row = lists.starts + b * (lists.steps + 1);
    require(row[0] >= 0 && std::is_sorted(row, row + lists.steps + 1) &&
                row[lists.steps] <= places.size(),
            std::string(what) + ": starts must ascend, up to the number of places");
  }
  const auto wrong = [&](std::int32_t place) { return place < 0 || place >= size; };
  require(std::none_of(lists.places, lists.places + places.size(), wrong),
          std::string(what) + ": places must lie in 0 to " + std::to_string(size - 1));
  return lists;
}

}  // namespace
}  // namespace snnrun
