// Graphs that learn within a sample, as Python sees them.
#include <mutex>

#include "graph_arguments.hpp"

namespace snnrun {
namespace {

template <class F>
class Engine {
 public:
  Engine(const py::list& groups, const py::list& synapses) {
    for (const auto& each : groups)
      made_.push_back(group_of<F>(each, static_cast<std::int64_t>(made_.size()), storage_));
    std::vector<GraphSynapses<F>> between;
    for (const auto& each : synapses)
      between.push_back(
          synapses_of<F>(each, made_, static_cast<std::int64_t>(between.size()), storage_));
    graph_ = std::make_unique<Graph<F>>(made_, std::move(between));
    arrays_ = py::make_tuple(held(groups), held(synapses));
  }

  void refresh() {
    const py::gil_scoped_release unlocked;
    const std::lock_guard<std::mutex> alone(running_);
    graph_->refresh();
  }

  py::tuple run(const std::vector<py::tuple>& inputs, const py::array& words, bool learning,
                const std::vector<std::int64_t>& wanted, std::int64_t watched, std::int64_t fewest,
                Threads threads, const py::list& signals, const py::dict& clamps) {
    GraphSamples shown = shown_of(inputs, words);
    const std::vector<SpikeLists>& lists = shown.inputs;
    require(!learning || static_cast<std::int64_t>(signals.size()) == graph_->signals(),
            "signals: expected " + std::to_string(graph_->signals()));
    for (const auto& each : signals)
      shown.signals.push_back(signal_of(each, static_cast<std::int64_t>(shown.signals.size()), lists[0]));
    shown.clamps.resize(clamps.size() ? made_.size() : 0);
    for (const auto& [key, each] : clamps) {
      const auto g = number_of<std::int64_t>(key, "clamps");
      require(is_spiking(g), "clamps: not a group that spikes");
      shown.clamps[g] = read<std::int8_t>(py::reinterpret_borrow<py::object>(each),
                                          {lists[0].samples, lists[0].steps, made_[g].size}, "clamps");
    }
    check_wanted(wanted);
    require(watched == -1 || is_spiking(watched), "watched: not a group that spikes");
    std::vector<GraphRecord> records;
    std::int64_t done;
    {
      const py::gil_scoped_release unlocked;
      const std::lock_guard<std::mutex> alone(running_);
      done = graph_->run(shown, learning, wanted, watched, fewest, threads, &records);
    }
    return py::make_tuple(done, spikes_of(records, done, lists[0].steps, wanted.size()));
  }

  void begin(bool learning) {
    const py::gil_scoped_release unlocked;
    const std::lock_guard<std::mutex> alone(running_);
    graph_->begin(learning);
  }

  py::list go_on(const std::vector<py::tuple>& inputs, const py::array& words,
                 const std::vector<double>& told, const std::vector<std::int64_t>& wanted) {
    const GraphSamples shown = shown_of(inputs, words);
    const std::int64_t steps = shown.inputs[0].steps;
    require(shown.inputs[0].samples == 1, "inputs: an episode is one sample");
    check_told(told);
    check_wanted(wanted);
    std::vector<GraphRecord> found(1);
    {
      const py::gil_scoped_release unlocked;
      const std::lock_guard<std::mutex> alone(running_);
      require(graph_->steps() >= 0, "no episode was begun");
      require(graph_->steps() + steps < std::numeric_limits<std::int32_t>::max() / 2,
              "too many steps");
      graph_->go_on(shown, told, wanted, &found[0]);
    }
    return spikes_of(found, 1, steps, wanted.size());
  }

  void end(const std::vector<double>& told) {
    check_told(told);
    const py::gil_scoped_release unlocked;
    const std::lock_guard<std::mutex> alone(running_);
    graph_->end(told);
  }

  py::object traces(std::int64_t g) {
    require(g >= 0 && g < static_cast<std::int64_t>(made_.size()) && made_[g].traced,
            "traces: not a group that has any");
    return view(g, [&] { return graph_->traces(g); });
  }

  py::object membranes(std::int64_t g) {
    require(is_spiking(g), "membranes: not a group that spikes");
    return view(g, [&] { return graph_->membranes(g); });
  }

 private:
  /// Spikes of the inputs and random words.
  GraphSamples shown_of(const std::vector<py::tuple>& inputs, const py::array& words) const {
    GraphSamples shown;
    std::vector<SpikeLists>& lists = shown.inputs;
    for (const auto& group : made_) {
      if (!group.input) continue;
      require(lists.size() < inputs.size(), "inputs: one for each input group is needed");
      lists.push_back(lists_of(inputs[lists.size()], group.size, "inputs"));
      require(lists.back().samples == lists[0].samples && lists.back().steps == lists[0].steps,
              "inputs: samples and steps must be the same");
    }
    require(!lists.empty() && lists.size() == inputs.size(),
            "inputs: one for each input group is needed");
    shown.words = values<std::uint32_t>(words, "words");
    require(has_shape(words, {lists[0].samples, lists[0].steps}),
            "words: expected [samples, steps], not " + shape_of(words));
    return shown;
  }

  void check_wanted(const std::vector<std::int64_t>& wanted) const {
    for (const std::int64_t g : wanted) require(is_spiking(g), "wanted: not a group that spikes");
  }

  void check_told(const std::vector<double>& told) const {
    require(static_cast<std::int64_t>(told.size()) == graph_->signals(),
            "told: expected " + std::to_string(graph_->signals()) + " numbers");
  }

  /// An array over numbers of the engine, which lives as long as the array; or none.
  template <class Find>
  py::object view(std::int64_t g, Find find) {
    const F* numbers;
    {
      const py::gil_scoped_release unlocked;
      const std::lock_guard<std::mutex> alone(running_);
      numbers = find();
    }
    if (!numbers) return py::none();
    return py::array_t<F>({made_[g].size}, {sizeof(F)}, numbers, py::cast(this));
  }

  bool is_spiking(std::int64_t g) const {
    return g >= 0 && g < static_cast<std::int64_t>(made_.size()) && !made_[g].input;
  }

  /// An array [samples, steps], or what a reward is for.
  GraphSignal signal_of(const py::handle& each, std::int64_t number, const SpikeLists& shown) const {
    const std::string what = "signals[" + std::to_string(number) + "]";
    GraphSignal signal;
    if (!py::isinstance<py::dict>(each)) {
      signal.told = read<double>(py::reinterpret_borrow<py::object>(each),
                                 {shown.samples, shown.steps}, what);
      return signal;
    }
    Given given(each, what);
    signal.group = given.get<std::int64_t>("group", -1);
    require(is_spiking(signal.group), what + ": not a group that spikes");
    signal.classes = given.get<std::int64_t>("classes", 0);
    require(signal.classes >= 1 && made_[signal.group].size % signal.classes == 0,
            what + ": classes: expected a number that shares the neurons evenly");
    signal.labels = read<std::int64_t>(given.object("labels"), {shown.samples}, what + ": labels");
    signal.when = given.choice<RewardTime>("when", kRewardTimes);
    signal.correct = given.get("correct", signal.correct);
    signal.wrong = given.get("wrong", signal.wrong);
    signal.undecided = given.get("undecided", signal.undecided);
    given.done();
    return signal;
  }

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
        const std::int32_t* const places = records[b].places.data();
        place = std::copy(places + from[0], places + from[steps], place);
      }
      all.append(py::make_tuple(starts, places));
    }
    return all;
  }

  py::object arrays_;
  std::mutex running_;  // several threads of Python take turns
  Storage<F> storage_;
  std::vector<GraphGroup<F>> made_;
  std::unique_ptr<Graph<F>> graph_;
};

template <class F>
void bind_engine(py::module_& m, const char* name) {
  class_of<Engine<F>>(m, name, "A graph that learns within a sample.")
      .def(py::init<const py::list&, const py::list&>(), py::arg("groups"), py::arg("synapses"))
      .def("traces", &Engine<F>::traces, py::arg("group"),
           "Traces behind the last step that taught, without a copy; None before any.")
      .def("membranes", &Engine<F>::membranes, py::arg("group"), "Membranes, likewise.")
      .def("refresh", &Engine<F>::refresh, "Take in weights that were changed from outside.")
      .def("run", &Engine<F>::run, py::arg("inputs"), py::arg("words"), py::arg("learning"),
           py::arg("wanted"), py::arg("watched"), py::arg("fewest"), py::arg("threads"),
           py::arg("signals") = py::list(), py::arg("clamps") = py::dict(),
           "Run samples; returns how many, and the spikes of the wanted groups.")
      .def("begin", &Engine<F>::begin, py::arg("learning"),
           "Begin an episode: a sample, the steps of which come in portions.")
      .def("go_on", &Engine<F>::go_on, py::arg("inputs"), py::arg("words"), py::arg("told"),
           py::arg("wanted"),
           "Run its next steps, once rules are told of the step before; returns spikes.")
      .def("end", &Engine<F>::end, py::arg("told"), "End it; rules are told of its last step.");
}

}  // namespace

void bind_graph(py::module_& m) {
  bind_engine<float>(m, "GraphFloat");
  bind_engine<double>(m, "GraphDouble");
}

}  // namespace snnrun
