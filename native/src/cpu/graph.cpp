// Graphs that learn within a sample: their samples, one after the other or over threads.
#include "snnrun/graph.hpp"

#include <algorithm>
#include <mutex>

#include "graph_walk.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {

template <class F>
Graph<F>::Graph(std::vector<GraphGroup<F>> groups, std::vector<GraphSynapses<F>> synapses)
    : plan_(std::make_unique<Plan>()) {
  std::int64_t inputs = 0;
  for (const GraphGroup<F>& group : groups) {
    plan_->groups.push_back({});
    plan_->groups.back().as = group;
    if (group.input) plan_->groups.back().number_of_input = inputs++;
  }
  for (const GraphSynapses<F>& given : synapses) {
    auto& groups_ = plan_->groups;
    groups_[given.post].incoming.push_back(static_cast<std::int64_t>(plan_->synapses.size()));
    auto& made = plan_->synapses.emplace_back();
    made.as = given;
    if (!made.dense()) continue;
    const std::int64_t blocks = whole_blocks(groups_[given.post].as.size);
    made.packed = page_array<F>(blocks * groups_[given.pre].as.size);
    std::fill(made.packed.get(), made.packed.get() + blocks * groups_[given.pre].as.size, F(0));
  }
  for (auto& group : plan_->groups) {
    const GraphGroup<F>& as = group.as;
    const bool rests = as.integration == Integration::none || as.initial == as.rest;
    const bool single = std::all_of(group.incoming.begin(), group.incoming.end(), [&](auto s) {
      return plan_->synapses[s].as.kind == SynapseKind::one_to_one;
    });
    group.sparse = !as.input && single && rests && !as.theta && as.initial < as.threshold;
  }
  refresh();
}

template <class F>
Graph<F>::~Graph() = default;

template <class F>
void Graph<F>::refresh() {
  for (const auto& s : plan_->synapses)
    for (std::int64_t post = 0; s.dense() && post < plan_->size(s.as.post); ++post)
      plan_->pack(s, post);
}

template <class F>
std::int64_t Graph<F>::run(const std::vector<SpikeLists>& inputs, const std::uint32_t* words,
                           bool learning, const std::vector<std::int64_t>& wanted,
                           std::int64_t watched, std::int64_t fewest, int threads,
                           std::vector<GraphRecord>* records) {
  Plan& plan = *plan_;
  const std::int64_t samples = inputs[0].samples, steps = inputs[0].steps;
  for (auto& group : plan.groups) {
    if (!group.as.traced) continue;
    if (group.faded.empty()) group.faded.push_back(1);
    while (static_cast<std::int64_t>(group.faded.size()) <= steps)
      group.faded.push_back(group.faded.back() * group.as.trace.decay);
  }
  records->assign(samples, {});
  const auto prepare = [&](State& state) {
    for (std::size_t g = 0; g < plan.groups.size(); ++g)
      if (const F* const theta = plan.groups[g].as.theta)
        std::copy(theta, theta + plan.size(g), state.groups[g].theta.begin());
  };
  const auto one = [&](State& state, std::int64_t sample) {
    Walk<F, Plan, State> walk(plan, state, learning);
    walk.run(inputs, sample, words + sample * steps);
    GraphRecord& record = (*records)[sample];
    for (const std::int64_t g : wanted) {
      const Train& train = state.groups[g].train;
      const auto before = static_cast<std::int64_t>(record.places.size());
      for (const std::int64_t start : train.starts) record.starts.push_back(before + start);
      record.places.insert(record.places.end(), train.places.begin(), train.places.end());
    }
  };
  if (!learning) {
    std::mutex mutex;
    std::vector<std::unique_ptr<State>> idle;
    parallel_for(samples, threads, [&](std::int64_t sample) {
      std::unique_ptr<State> state;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (!idle.empty()) state = std::move(idle.back()), idle.pop_back();
      }
      if (!state) {
        state = std::make_unique<State>(plan);
        prepare(*state);
      }
      one(*state, sample);
      const std::lock_guard<std::mutex> lock(mutex);
      idle.push_back(std::move(state));
    });
    return samples;
  }
  State state(plan);
  prepare(state);
  std::int64_t done = 0;
  while (done < samples) {
    one(state, done++);
    if (watched >= 0 &&
        static_cast<std::int64_t>(state.groups[watched].train.places.size()) < fewest)
      break;
  }
  for (std::size_t g = 0; g < plan.groups.size(); ++g)
    if (F* const theta = plan.groups[g].as.theta)
      std::copy(state.groups[g].theta.begin(), state.groups[g].theta.begin() + plan.size(g), theta);
  return done;
}

template class Graph<float>;
template class Graph<double>;

}  // namespace snnrun
