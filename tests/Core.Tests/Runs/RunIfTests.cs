using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests.Runs;

public class RunIfTests
{
    // One line per pair of ends of the two tasks depended on; the columns are the run_if rules in the order of the enum:
    // all_success, at_least_one_success, none_failed, all_done, at_least_one_failed, all_failed.
    private const string Table = """
        good good : run run run run exc exc
        good exc  : run run run run exc exc
        exc  exc  : exc exc exc exc exc exc
        good bad  : upf run upf run run exc
        good can  : upc run upc run run exc
        exc  bad  : upf run upf run run exc
        exc  can  : upc run upc run run exc
        bad  bad  : upf upf upf run run run
        bad  can  : upf upf upf run run run
        can  can  : upc upc upc run run run
        good      : run run run run exc exc
        exc       : exc exc exc exc exc exc
        bad       : upf upf upf run run run
        can       : upc upc upc run run run
        """;

    public static TheoryData<string, RunIf, string> Rows()
    {
        var rows = new TheoryData<string, RunIf, string>();
        foreach (var line in Table.Split('\n'))
        {
            var (ends, verdicts) = (line.Split(':')[0].Trim(), line.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
            foreach (var rule in Enum.GetValues<RunIf>())
                rows.Add(ends, rule, verdicts[(int)rule].Trim());
        }

        return rows;
    }

    [Theory, MemberData(nameof(Rows))]
    public void A_task_runs_or_is_skipped_by_how_those_it_depends_on_ended(string ends, RunIf rule, string verdict)
    {
        var kinds = ends.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var upstream = kinds.Select((kind, no) => kind == "exc"
            ? Sketch.Task($"u{no}", 0) with { RunIf = RunIf.AtLeastOneFailed }
            : Sketch.Task($"u{no}", 0));
        var judged = Sketch.Task("x", [.. Enumerable.Range(1, kinds.Length)]) with { RunIf = rule };
        var play = new Play(Sketch.Plan([Sketch.Task("first"), .. upstream, judged])).Does("first");
        for (var no = 0; no < kinds.Length; no++)
        {
            if (kinds[no] is "good" or "bad")
                play.Does($"u{no}", kinds[no] == "good" ? 0 : 1);
            else if (kinds[no] == "can")
                play.Cancel($"u{no}");
        }

        var (state, reason) = verdict switch
        {
            "run" => (TaskState.Ready, ReasonCode.Progress),
            "exc" => (TaskState.Skipped, ReasonCode.Excluded),
            "upf" => (TaskState.Skipped, ReasonCode.UpstreamFailed),
            _ => (TaskState.Skipped, ReasonCode.UpstreamCancelled),
        };
        Assert.Equal((state, reason), (play["x"], play.Of("x").Reason.Code));
    }

    [Theory]
    [InlineData("failed", ReasonCode.UpstreamFailed)]
    [InlineData("timed out", ReasonCode.UpstreamFailed)]
    [InlineData("lost", ReasonCode.UpstreamFailed)]
    [InlineData("skipped for a failure", ReasonCode.UpstreamFailed)]
    [InlineData("cancelled", ReasonCode.UpstreamCancelled)]
    [InlineData("skipped for a cancel", ReasonCode.UpstreamCancelled)]
    [InlineData("excluded", ReasonCode.Excluded)]
    [InlineData("branch not taken", ReasonCode.Excluded)]
    [InlineData("disabled", ReasonCode.Progress)]
    [InlineData("succeeded", ReasonCode.Progress)]
    public void Each_way_to_end_counts_as_one_kind(string end, ReasonCode expected)
    {
        var a = end == "branch not taken" ? Sketch.Condition("a", ConditionOp.EqualTo, "1", "2") : Sketch.Task("a") with { TimeoutMs = 1000 };
        var b = Sketch.Task("b", 0) with
        {
            Disabled = end == "disabled",
            RunIf = end == "excluded" ? RunIf.AtLeastOneFailed : RunIf.AllSuccess,
        };
        var through = end.StartsWith("skipped", StringComparison.Ordinal) || end is "disabled" or "excluded";
        var x = Sketch.Task("x", through ? 1 : 0);
        if (end == "branch not taken")
            x = x with { DependsOn = [new Dependency(0, true)] };
        var play = new Play(Sketch.Plan(a, b, x));
        if (end != "branch not taken")
            play.Start("a");
        _ = end switch
        {
            "failed" or "skipped for a failure" => play.Exit("a", 1),
            "timed out" => play.TimeOut("a").Exit("a", 143),
            "cancelled" or "skipped for a cancel" => play.Cancel("a").Exit("a", 143),
            "lost" => Enumerable.Range(0, RunLife.MaximumFreeAttempts).Aggregate(play, (p, _) => p.Lose("a").Start("a")).Lose("a"),
            "branch not taken" => play,
            _ => play.Exit("a"),
        };

        Assert.Equal(expected, play.Of("x").Reason.Code);
        Assert.Equal(expected == ReasonCode.Progress ? TaskState.Ready : TaskState.Skipped, play["x"]);
    }

    [Fact]
    public void A_task_is_not_looked_at_before_all_it_depends_on_have_ended()
    {
        var play = new Play(Sketch.Plan(Sketch.Task("a"), Sketch.Task("b"), Sketch.Task("x", 0, 1) with { RunIf = RunIf.AtLeastOneSuccess }));
        play.Does("a");
        Assert.Equal(TaskState.Blocked, play["x"]);
        play.Does("b", 1);
        Assert.Equal(TaskState.Ready, play["x"]);
    }

    [Fact]
    public void A_chain_of_ten_thousand_skipped_tasks_is_no_deep_stack()
    {
        var tasks = Enumerable.Range(0, 10_000).Select(no => no == 0 ? Sketch.Task("t0") : Sketch.Task($"t{no}", no - 1)).ToArray();
        var play = new Play(Sketch.Plan(tasks));
        Exception? problem = null;
        var thread = new Thread(() => problem = Record.Exception(() => play.Does("t0", 1)), 256 * 1024);
        thread.Start();
        thread.Join();
        Assert.Null(problem);
        Assert.Equal(RunState.Failed, play.State);
    }

    [Fact]
    public void A_task_cancelled_before_the_run_was_let_in_stays_cancelled_and_the_others_wait()
    {
        var play = new Play(Sketch.Plan(Sketch.Task("a"), Sketch.Task("b", 0) with { RunIf = RunIf.AllDone }), letIn: false).Cancel("a");
        Assert.Equal((TaskState.Cancelled, TaskState.Blocked), (play["a"], play["b"]));
        play.Tell(new RunEvent.Admitted());
        Assert.Equal(TaskState.Ready, play["b"]);
    }

    [Fact]
    public void An_instance_cancelled_while_blocked_does_not_hold_its_neighbours()
    {
        var play = new Play(Sketch.Plan(Sketch.Task("a"), Sketch.Task("b", 0) with { Instances = 2 })).Cancel("b", 0);
        play.Does("a");
        Assert.Equal((TaskState.Cancelled, TaskState.Ready), (play["b"], play["b", 1]));
    }
}
