using FsCheck;
using FsCheck.Fluent;
using Switchyard.Core.Plans;

namespace Switchyard.Core.Tests.Histories;

/// <summary>A plan and the choices the world makes while it runs.</summary>
public sealed record History(Plan Plan, int Seed)
{
    public override string ToString() => $"seed {Seed}, plan {PlanText.Write(Plan)}";
}

/// <summary>Random plans of everything the rules know.</summary>
public static class RandomPlans
{
    public static Arbitrary<History> Histories { get; } = Arb.From(
        from plan in Plans()
        from seed in Gen.Choose(0, int.MaxValue)
        select new History(plan, seed),
        Smaller);

    private static Gen<Plan> Plans() =>
        from count in Gen.Choose(1, 12)
        from tasks in Tasks(count)
        from onFailure in Weighted((3, FailurePolicy.ContinueIndependent), (1, FailurePolicy.FailFast))
        from end in Gen.Elements(EndRule.Leaves, EndRule.All, EndRule.Completion)
        from rounds in Rounds()
        from gang in Weighted((4, false), (1, true))
        from services in Weighted((3, 0), (1, 1), (1, 2))
        select Repaired(new Plan
        {
            Tasks = [.. tasks, .. Enumerable.Range(0, services).Select(no => new PlanTask { Key = $"s{no}", Action = CommandAction.Of("serve"), Service = true })],
            OnFailure = onFailure,
            End = end,
            // The iterations of a for-each belong to one round: no dialect has both.
            Rounds = tasks.Any(task => task.Action is ForEachAction) ? RoundPolicy.None : rounds,
            Gang = gang,
            GangTimeoutMs = gang ? 60_000 : 0,
        });

    private static Gen<List<PlanTask>> Tasks(int count) => count == 0
        ? Gen.Constant(new List<PlanTask>())
        : from before in Tasks(count - 1)
          from last in Task(count - 1)
          select new List<PlanTask>([.. before, last]);

    private static Gen<PlanTask> Task(int no) =>
        from action in Actions()
        from edges in Edges(no)
        from runIf in Weighted((6, RunIf.AllSuccess), (1, RunIf.AtLeastOneSuccess), (1, RunIf.NoneFailed), (2, RunIf.AllDone), (1, RunIf.AtLeastOneFailed), (1, RunIf.AllFailed))
        from instances in Weighted((4, 1), (1, 2), (1, 4))
        from completion in Completions()
        from retry in Retries()
        from timeout in Weighted((3, 0L), (1, 30_000L))
        from disabled in Weighted((12, false), (1, true))
        select new PlanTask
        {
            Key = $"t{no}",
            Action = action,
            DependsOn = [.. edges],
            RunIf = runIf,
            Instances = action is CommandAction ? instances : 1,
            Completion = completion,
            Retry = retry,
            TimeoutMs = timeout,
            Disabled = disabled,
        };

    private static Gen<PlanAction> Actions() => Gen.Frequency(
        (6, Gen.Constant<PlanAction>(CommandAction.Of("work"))),
        (2, Condition()),
        (2, ForEach()),
        (1, Gen.Constant<PlanAction>(new RunJobAction(7, new Dictionary<string, Binding>()))));

    private static Gen<PlanAction> Condition() =>
        from op in Gen.Elements(Enum.GetValues<ConditionOp>())
        from left in Gen.Elements("1", "2", "text")
        select (PlanAction)new ConditionAction(op, Binding.Literal(left), Binding.Literal("2"));

    private static Gen<PlanAction> ForEach() =>
        from inputs in Gen.Elements("[]", "[1]", "[1,2,3]", """["a",{"b":1},[2],null,5,6,7]""", "nonsense", "{}")
        from concurrency in Gen.Choose(0, 3)
        from each in Gen.Frequency((4, Gen.Constant<PlanAction>(CommandAction.Of("one"))), (1, Condition()), (1, Gen.Constant<PlanAction>(new RunJobAction(7, new Dictionary<string, Binding>()))))
        select (PlanAction)new ForEachAction(Binding.Literal(inputs), concurrency, each);

    private static Gen<List<Dependency>> Edges(int no) =>
        from wanted in Gen.ListOf(Gen.Choose(0, 99), no)
        from outcome in Gen.Elements<bool?>(null, true, false)
        select wanted.Select((roll, upstream) => (roll, upstream)).Where(x => x.roll < 30).Select(x => new Dependency(x.upstream, outcome)).ToList();

    private static Gen<CompletionPolicy> Completions() => Gen.Frequency(
        (3, Gen.Constant(CompletionPolicy.AllMustSucceed)),
        (2, from failed in Gen.Elements<int?>(null, 1, 2)
            from succeeded in Gen.Elements<int?>(null, 1, 2)
            from endsRun in Gen.Elements(true, false)
            select new CompletionPolicy(failed, succeeded, endsRun)));

    private static Gen<RetryPolicy> Retries() => Gen.Frequency(
        (2, Gen.Constant(RetryPolicy.None)),
        (2, from max in Gen.Choose(-1, 3)
            from interval in Gen.Elements(0L, 20_000L, 86_400_000L)
            from onTimeout in Gen.Elements(true, false)
            select new RetryPolicy(max, max < 0 ? 0 : interval, onTimeout)));

    private static Gen<RoundPolicy> Rounds() => Gen.Frequency(
        (2, Gen.Constant(RoundPolicy.None)),
        (2, from max in Gen.Choose(0, 2)
            from platform in Gen.Elements(true, false)
            from also in Weighted((4, false), (1, true))
            from delay in Gen.Elements(0L, 600_000L)
            select new RoundPolicy(max, platform, also, delay) { FreeExitCodes = [205], FinalExitCodes = [206] }));

    private static Gen<T> Weighted<T>(params (int Weight, T Value)[] values) => Gen.Frequency(values.Select(x => (x.Weight, Gen.Constant(x.Value))).ToArray());

    /// <summary>Outcomes belong on edges from condition tasks only.</summary>
    private static Plan Repaired(Plan plan) => plan with
    {
        Tasks = [.. plan.Tasks.Select(task => task with
        {
            DependsOn = [.. task.DependsOn.Select(edge => plan.Tasks[edge.Task].Action is ConditionAction ? edge : edge with { Outcome = null })],
        })],
    };

    private static IEnumerable<History> Smaller(History history)
    {
        var plan = history.Plan;
        for (var no = plan.Tasks.Count - 1; no >= 0 && plan.Tasks.Count > 1; no--)
            yield return history with { Plan = plan with { Tasks = Without(plan.Tasks, no) } };
        for (var no = 0; no < plan.Tasks.Count; no++)
        {
            foreach (var simpler in Simpler(plan.Tasks[no]))
                yield return history with { Plan = plan with { Tasks = [.. plan.Tasks.Select((task, i) => i == no ? simpler : task)] } };
        }

        if (plan.Rounds != RoundPolicy.None)
            yield return history with { Plan = plan with { Rounds = RoundPolicy.None } };
        if (history.Seed > 0)
            yield return history with { Seed = history.Seed / 2 };
    }

    private static List<PlanTask> Without(IReadOnlyList<PlanTask> tasks, int gone) =>
        [.. tasks.Where((_, no) => no != gone).Select(task => task with
        {
            DependsOn = [.. task.DependsOn.Where(edge => edge.Task != gone).Select(edge => edge.Task > gone ? edge with { Task = edge.Task - 1 } : edge)],
        })];

    private static IEnumerable<PlanTask> Simpler(PlanTask task)
    {
        if (task.DependsOn.Count > 0)
            yield return task with { DependsOn = [.. task.DependsOn.Skip(1)] };
        if (task.Instances > 1)
            yield return task with { Instances = task.Instances - 1 };
        if (task.Retry != RetryPolicy.None)
            yield return task with { Retry = RetryPolicy.None };
        if (task.Completion != CompletionPolicy.AllMustSucceed)
            yield return task with { Completion = CompletionPolicy.AllMustSucceed };
        if (task.RunIf != RunIf.AllSuccess)
            yield return task with { RunIf = RunIf.AllSuccess };
        if (task.TimeoutMs != 0)
            yield return task with { TimeoutMs = 0 };
    }
}
