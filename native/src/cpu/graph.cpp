// Graphs that learn within a sample: their samples, one after the other or over threads.
#include "snnrun/graph.hpp"

#include <algorithm>
#include <mutex>

#include "graph_walk.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

/// Whether a neuron to which nothing has come stands still and silent, and few are reached.
template <class F>
bool is_sparse(const typename Graph<F>::Plan& plan, const typename Graph<F>::Plan::Group& group) {
  const GraphGroup<F>& as = group.as;
  const bool listed = as.rest.each || as.threshold.each;
  return !as.input && as.kind == NeuronKind::lif && as.level == LevelKind::fixed && !listed &&
         !as.minus_traces && as.rest.one < as.threshold.one && as.rest.one >= as.lower &&
         std::all_of(group.incoming.begin(), group.incoming.end(), [&](auto s) {
           return plan.synapses[s].as.kind == SynapseKind::one_to_one;
         });
}

template <class F>
typename Graph<F>::Plan::Synapses made_of(const GraphSynapses<F>& given,
                                          const typename Graph<F>::Plan& plan) {
  typename Graph<F>::Plan::Synapses made;
  made.as = given;
  for (const GraphRule<F>& rule : given.rules)
    made.rules.push_back({rule, {rule.pre}, {rule.post}, {rule.slow}});
  const std::int64_t pre = plan.size(given.pre), post = plan.size(given.post);
  if (given.kind == SynapseKind::pool) made.fan = Fan::of(given, pre, post);
  if (!given.dense()) return made;
  if (given.all_to_all() && given.delays) made.late = Lateness::of(given, pre, post);
  if (given.all_to_all() && !(given.delays && made.late.empty())) {
    const std::int64_t count = whole_blocks(post) * pre;
    made.packed = page_array<F>(count);
    std::fill_n(made.packed.get(), count, F(0));
  } else {
    made.fan = Fan::of(given, pre, post);
  }
  const auto& rules = given.rules;
  made.always = given.kept != F(1) || given.norm_steps ||
                std::any_of(rules.begin(), rules.end(), [](const GraphRule<F>& rule) {
                  return rule.kind == PlasticityKind::fede;
                });
  made.keeps_ready = given.ready != nullptr;
  made.by_rows = rules.size() == 1 && rules[0].kind <= PlasticityKind::power && !made.always &&
                 made.packed && made.keeps_ready;
  made.by_spikes = !rules.empty() && !made.always && !given.sees &&
                   std::all_of(rules.begin(), rules.end(), [](const GraphRule<F>& rule) {
                     return rule.kind <= PlasticityKind::triplet;
                   });
  if (!made.keeps_ready) made.ready.resize(given.rows);
  return made;
}

/// Write down what groups have spiked from a step on.
template <class F>
void record(const typename Graph<F>::State& state, const std::vector<std::int64_t>& wanted,
            std::int64_t first, GraphRecord* found) {
  for (const std::int64_t g : wanted) {
    const Train& train = state.groups[g].train;
    const std::int64_t from = train.starts[first];
    const auto before = static_cast<std::int64_t>(found->places.size());
    for (std::size_t t = first; t < train.starts.size(); ++t)
      found->starts.push_back(before + train.starts[t] - from);
    found->places.insert(found->places.end(), train.places.begin() + from, train.places.end());
  }
}

}  // namespace

/// A sample in course.
template <class F>
struct Graph<F>::Episode : Walk<F> {
  using Walk<F>::Walk;
};

template <class F>
Graph<F>::Graph(std::vector<GraphGroup<F>> groups, std::vector<GraphSynapses<F>> synapses)
    : plan_(std::make_unique<Plan>()) {
  std::int64_t inputs = 0;
  for (const GraphGroup<F>& group : groups) {
    auto& made = plan_->groups.emplace_back();
    made.as = group, made.fading.as = group.trace;
    if (group.input) made.number_of_input = inputs++;
  }
  for (const GraphSynapses<F>& given : synapses) {
    auto& post = plan_->groups[given.post];
    post.incoming.push_back(static_cast<std::int64_t>(plan_->synapses.size()));
    if (post.as.minus_traces) plan_->groups[given.pre].always_traced = true;
    if (given.kind == SynapseKind::pool && plan_->groups[given.pre].as.traced)
      post.pool = static_cast<std::int64_t>(plan_->synapses.size());
    plan_->synapses.push_back(made_of(given, *plan_));
    for (const GraphRule<F>& rule : given.rules)
      plan_->signals = std::max(plan_->signals, rule.signal + 1);
  }
  for (std::size_t chain = 0; chain < groups.size(); ++chain)  // pools may be behind pools
    for (const auto& group : plan_->groups)
      if (group.pool >= 0 && group.always_traced)
        plan_->groups[plan_->synapses[group.pool].as.pre].always_traced = true;
  for (auto& group : plan_->groups) group.sparse = is_sparse<F>(*plan_, group);
  refresh();
}

template <class F>
Graph<F>::~Graph() = default;

template <class F>
void Graph<F>::refresh() {
  episode_.reset();
  for (const auto& s : plan_->synapses) {
    for (std::int64_t post = 0; s.packed && post < plan_->size(s.as.post); ++post)
      plan_->pack(s, post);
    for (std::int64_t row = 0; s.as.dense() && s.learns() && row < s.as.rows; ++row) {
      const F* const w = s.as.weights + row * s.as.width;
      const auto is_beyond = [&](F each) { return each < s.as.low || each > s.as.high; };
      std::uint8_t& ready = s.keeps_ready ? s.as.ready[row] : s.ready[row];
      if (std::any_of(w, w + s.as.width, is_beyond)) ready |= kBeyond;
    }
  }
}

template <class F>
std::int64_t Graph<F>::run(const GraphSamples& shown, bool learning,
                           const std::vector<std::int64_t>& wanted, std::int64_t watched,
                           std::int64_t fewest, int threads, std::vector<GraphRecord>* records) {
  episode_.reset();
  const Plan& plan = *plan_;
  const std::int64_t samples = shown.inputs[0].samples, steps = shown.inputs[0].steps;
  plan_->reach(steps);
  records->assign(samples, {});
  const auto one = [&](State& state, std::int64_t sample) {
    Walk<F>(plan, state, learning).run(shown, sample);
    record<F>(state, wanted, 0, &(*records)[sample]);
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
        state->take_levels(plan);
      }
      one(*state, sample);
      const std::lock_guard<std::mutex> lock(mutex);
      idle.push_back(std::move(state));
    });
    return samples;
  }
  if (!learner_) learner_ = std::make_unique<State>(plan);
  State& state = *learner_;
  state.take_levels(plan);
  std::int64_t done = 0;
  while (done < samples) {
    one(state, done++);
    if (watched >= 0 &&
        static_cast<std::int64_t>(state.groups[watched].train.places.size()) < fewest)
      break;
  }
  state.give_levels(plan);
  return done;
}

template <class F>
void Graph<F>::begin(bool learning) {
  episode_.reset();
  auto& state = learning ? learner_ : actor_;
  if (!state) state = std::make_unique<State>(*plan_);
  state->take_levels(*plan_);
  episode_ = std::make_unique<Episode>(*plan_, *state, learning);
}

template <class F>
void Graph<F>::go_on(const GraphSamples& shown, const std::vector<double>& told,
                     const std::vector<std::int64_t>& wanted, GraphRecord* found) {
  auto episode = std::move(episode_);  // what fails ends it
  const std::int64_t before = episode->steps();
  plan_->reach(before + shown.inputs[0].steps);
  episode->go_on(shown, told);
  record<F>(episode->state(), wanted, before, found);
  episode_ = std::move(episode);
}

template <class F>
void Graph<F>::end(const std::vector<double>& told) {
  const auto episode = std::move(episode_);
  if (!episode) return;
  episode->end(told);
  if (episode->learning()) episode->state().give_levels(*plan_);
}

template <class F>
std::int64_t Graph<F>::steps() const {
  return episode_ ? episode_->steps() : -1;
}

template <class F>
std::int64_t Graph<F>::signals() const {
  return plan_->signals;
}

template <class F>
const F* Graph<F>::traces(std::int64_t group) {
  if (!learner_) return nullptr;
  return learner_->groups[group].traces.everywhere(learner_->last, plan_->groups[group].fading);
}

template <class F>
const F* Graph<F>::membranes(std::int64_t group) const {
  return learner_ ? learner_->groups[group].membranes.data() : nullptr;
}

template class Graph<float>;
template class Graph<double>;

}  // namespace snnrun
