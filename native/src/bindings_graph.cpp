// Graphs that learn within a sample, as Python sees them.
#include "snnrun/graph.hpp"

#include <pybind11/stl.h>

#include <limits>
#include <string>

#include "arguments.hpp"
#include "bindings.hpp"

namespace snnrun {
namespace {

/// A map from Python, every key of which must be asked for.
class Given {
 public:
  Given(const py::dict& map, std::string what) : map_(map), what_(std::move(what)) {}

  template <class T>
  T get(const char* key, T otherwise) {
    if (!map_.contains(key)) return otherwise;
    ++asked_;
    return py::cast<T>(map_[key]);
  }
  py::object object(const char* key) {
    if (!map_.contains(key)) return py::none();
    ++asked_;
    return map_[key];
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
  const py::dict& map_;
  std::string what_;
  std::size_t asked_ = 0;
};

/// The writable data of an array that Python keeps.
template <class T>
T* kept(const py::object& given, std::initializer_list<std::int64_t> shape, const std::string& what) {
  if (!py::isinstance<Array<T>>(given)) throw py::type_error(what + ": expected a C-contiguous array");
  auto array = py::reinterpret_borrow<Array<T>>(given);
  require(has_shape(array, shape), what + ": does not fit, it is " + shape_of(array));
  return array.mutable_data();
}

template <class F>
GraphGroup<F> group_of(const py::dict& map, std::int64_t number) {
  Given given(map, "groups[" + std::to_string(number) + "]");
  GraphGroup<F> g;
  g.size = given.get<std::int64_t>("size", 0);
  require(g.size >= 1 && g.size < std::numeric_limits<std::int32_t>::max(),
          given.what() + ": size must be positive, not " + std::to_string(g.size));
  g.input = given.get("input", false);
  g.integration = given.choice<Integration>("integration", kIntegrations);
  g.decay = given.get("decay", g.decay), g.gain = given.get("gain", g.gain);
  g.rest = given.get("rest", g.rest), g.initial = given.get("initial", g.rest);
  g.threshold = given.get("threshold", g.threshold), g.reset = given.get("reset", g.rest);
  g.lower = given.get("lower", -std::numeric_limits<F>::infinity());
  g.refractory = given.get("refractory", g.refractory);
  require(g.refractory >= 0 && g.refractory <= 1 << 20,
          given.what() + ": refractory: expected 0 to 2^20 steps");
  if (const py::object theta = given.object("theta"); !theta.is_none())
    g.theta = kept<F>(theta, {g.size}, given.what() + ": theta");
  g.theta_decay = given.get("theta_decay", g.theta_decay), g.plus = given.get("plus", g.plus);
  g.one_winner = given.get("one_winner", false);
  g.traced = given.get("traced", false);
  g.trace.decay = given.get("trace_decay", g.trace.decay);
  g.trace.amount = given.get("trace_amount", g.trace.amount);
  g.trace.adds = given.get("trace_adds", false);
  given.done();
  return g;
}

template <class F>
GraphSynapses<F> synapses_of(const py::dict& map, const std::vector<GraphGroup<F>>& groups,
                             std::int64_t number) {
  Given given(map, "synapses[" + std::to_string(number) + "]");
  const auto count = static_cast<std::int64_t>(groups.size());
  GraphSynapses<F> s;
  s.pre = given.get<std::int64_t>("pre", -1), s.post = given.get<std::int64_t>("post", -1);
  require(s.pre >= 0 && s.pre < count && s.post >= 0 && s.post < count,
          given.what() + ": expected groups 0 to " + std::to_string(count - 1));
  const auto &pre = groups[s.pre], &post = groups[s.post];
  require(!post.input, given.what() + ": an input receives nothing");
  s.delay = given.get("delay", s.delay);
  require(s.delay >= 0 && (s.delay > 0 || s.pre < s.post),
          given.what() + ": without a delay, the first group must come before the second");
  s.kind = given.choice<SynapseKind>("kind", kSynapseKinds);
  const bool dense = s.kind == SynapseKind::dense;
  require(dense || pre.size == post.size, given.what() + ": groups of one size are needed");
  const py::object weights = given.object("weights");
  s.weights = dense ? kept<F>(weights, {post.size, pre.size}, given.what() + ": weights")
                    : kept<F>(weights, {1}, given.what() + ": weights");
  s.rule = given.choice<PlasticityKind>("rule", kPlasticityKinds);
  require(s.rule == PlasticityKind::none || (dense && pre.traced && post.traced),
          given.what() + ": a rule needs dense synapses and traces on both sides");
  s.nu_pre = given.get("nu_pre", s.nu_pre), s.nu_post = given.get("nu_post", s.nu_post);
  s.x_target = given.get("x_target", s.x_target), s.mu = given.get("mu", s.mu);
  s.low = given.get("low", -std::numeric_limits<F>::infinity());
  s.high = given.get("high", std::numeric_limits<F>::infinity());
  s.norm = given.get("norm", s.norm), s.norm_squares = given.get("norm_squares", false);
  const py::object ready = given.object("ready");
  if (s.rule != PlasticityKind::none)
    s.ready = kept<std::uint8_t>(ready, {post.size}, given.what() + ": ready");
  given.done();
  return s;
}

SpikeLists lists_of(const py::tuple& given, std::int64_t size, const char* what) {
  require(given.size() == 2, std::string(what) + ": expected starts and places");
  if (!py::isinstance<Array<std::int64_t>>(given[0]) || !py::isinstance<Array<std::int32_t>>(given[1]))
    throw py::type_error(std::string(what) + ": expected C-contiguous arrays of int64 and int32");
  const auto starts = py::reinterpret_borrow<Array<std::int64_t>>(given[0]);
  const auto places = py::reinterpret_borrow<Array<std::int32_t>>(given[1]);
  require(starts.ndim() == 2 && starts.shape(1) >= 2 && places.ndim() == 1,
          std::string(what) + ": expected starts [samples, steps + 1] and places [spikes]");
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

template <class F>
class Engine {
 public:
  Engine(const py::list& groups, const py::list& synapses) : groups_(groups), synapses_(synapses) {
    for (const auto& each : groups)
      made_.push_back(group_of<F>(each.cast<py::dict>(), static_cast<std::int64_t>(made_.size())));
    std::vector<GraphSynapses<F>> between;
    for (const auto& each : synapses)
      between.push_back(synapses_of<F>(each.cast<py::dict>(), made_,
                                       static_cast<std::int64_t>(between.size())));
    graph_ = std::make_unique<Graph<F>>(made_, std::move(between));
  }

  void refresh() { graph_->refresh(); }

  py::tuple run(const std::vector<py::tuple>& inputs, const py::array& words, bool learning,
                const std::vector<std::int64_t>& wanted, std::int64_t watched, std::int64_t fewest,
                int threads) {
    std::vector<SpikeLists> lists;
    for (const auto& group : made_) {
      if (!group.input) continue;
      require(lists.size() < inputs.size(), "inputs: one for each input group is needed");
      lists.push_back(lists_of(inputs[lists.size()], group.size, "inputs"));
      require(lists.back().samples == lists[0].samples && lists.back().steps == lists[0].steps,
              "inputs: samples and steps must be the same");
    }
    require(!lists.empty() && lists.size() == inputs.size(),
            "inputs: one for each input group is needed");
    if (!py::isinstance<Array<std::uint32_t>>(words))
      throw py::type_error("words: expected a C-contiguous array of uint32");
    require(has_shape(words, {lists[0].samples, lists[0].steps}),
            "words: expected [samples, steps], not " + shape_of(words));
    for (const std::int64_t g : wanted)
      require(g >= 0 && g < static_cast<std::int64_t>(made_.size()) && !made_[g].input,
              "wanted: not a group that spikes");
    require(watched == -1 || (watched >= 0 && watched < static_cast<std::int64_t>(made_.size()) &&
                              !made_[watched].input),
            "watched: not a group that spikes");
    std::vector<GraphRecord> records;
    std::int64_t done;
    {
      const py::gil_scoped_release unlocked;
      done = graph_->run(lists, static_cast<const std::uint32_t*>(words.data()), learning, wanted,
                         watched, fewest, threads, &records);
    }
    return py::make_tuple(done, spikes_of(records, done, lists[0].steps, wanted.size()));
  }

 private:
  /// For each wanted group starts [samples, steps + 1] and places.
  static py::list spikes_of(const std::vector<GraphRecord>& records, std::int64_t done,
                            std::int64_t steps, std::size_t wanted) {
    py::list all;
    for (std::size_t k = 0; k < wanted; ++k) {
      Array<std::int64_t> starts({done, steps + 1});
      std::int64_t* to = starts.mutable_data();
      std::int64_t total = 0;
      for (std::int64_t b = 0; b < done; ++b) {
        const std::int64_t* from = &records[b].starts[k * (steps + 1)];
        for (std::int64_t t = 0; t <= steps; ++t) *to++ = total + from[t] - from[0];
        total += from[steps] - from[0];
      }
      Array<std::int32_t> places(total);
      std::int32_t* place = places.mutable_data();
      for (std::int64_t b = 0; b < done; ++b) {
        const std::int64_t* from = &records[b].starts[k * (steps + 1)];
        place = std::copy(&records[b].places[0] + from[0], &records[b].places[0] + from[steps], place);
      }
      all.append(py::make_tuple(starts, places));
    }
    return all;
  }

  py::list groups_, synapses_;  // hold the arrays
  std::vector<GraphGroup<F>> made_;
  std::unique_ptr<Graph<F>> graph_;
};

template <class F>
void bind_engine(py::module_& m, const char* name) {
  py::class_<Engine<F>>(m, name, "A graph that learns within a sample.")
      .def(py::init<const py::list&, const py::list&>(), py::arg("groups"), py::arg("synapses"))
      .def("refresh", &Engine<F>::refresh, "Take in weights that were changed from outside.")
      .def("run", &Engine<F>::run, py::arg("inputs"), py::arg("words"), py::arg("learning"),
           py::arg("wanted"), py::arg("watched"), py::arg("fewest"), py::arg("threads"),
           "Run samples; returns how many, and the spikes of the wanted groups.");
}

}  // namespace

void bind_graph(py::module_& m) {
  bind_engine<float>(m, "GraphFloat");
  bind_engine<double>(m, "GraphDouble");
}

}  // namespace snnrun
