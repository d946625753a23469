using Switchyard.Core.Triggers;
using Xunit;

namespace Switchyard.Core.Tests;

/// <summary>When files that arrive start a run.</summary>
public sealed class ArrivalsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Trigger.FileArrival AtOnce = new("/in", 0, 0);

    [Fact]
    public void New_files_start_one_run_and_old_ones_and_changed_ones_none()
    {
        var seen = Arrivals.First("/in", Files("a"));
        Assert.Equal((seen, null), seen.Look(AtOnce, Files("a"), Noon));
        Assert.Equal((seen, null), seen.Look(AtOnce, [new ArrivedFile("a", 9, Noon)], Noon));
        var (firing, again) = seen.Look(AtOnce, Files("a", "d/c", "b"), Noon);
        Assert.Equal(["a", "b", "d/c"], firing.Firing!);
        Assert.Equal((Noon, null), (firing.FiredAt, again));
        var (after, _) = firing.Fired().Look(AtOnce, Files("a", "b", "d/c"), Noon);
        Assert.Null(after.Firing);
        Assert.Equal(["a", "b", "d/c"], after.Known);
    }

    [Fact]
    public void A_file_that_went_and_comes_again_is_new_again()
    {
        var (gone, _) = Arrivals.First("/in", Files("a", "b")).Look(AtOnce, Files("b"), Noon);
        Assert.Null(gone.Firing);
        Assert.Equal(["a", "b"], gone.Look(AtOnce, Files("a", "b"), Noon).Next.Firing!);
    }

    [Fact]
    public void Runs_are_apart_by_the_least_time_and_what_arrives_in_between_waits_for_it()
    {
        var trigger = new Trigger.FileArrival("/in", 60, 0);
        var fired = Arrivals.First("/in", []).Look(trigger, Files("a"), Noon).Next.Fired();
        var (waits, again) = fired.Look(trigger, Files("a", "b"), Noon.AddSeconds(10));
        Assert.Equal((null, Noon.AddSeconds(60)), (waits.Firing, again));
        Assert.NotNull(waits.Look(trigger, Files("a", "b"), Noon.AddSeconds(60)).Next.Firing);
    }

    [Fact]
    public void Files_that_still_change_are_waited_for_also_by_the_next_server()
    {
        var trigger = new Trigger.FileArrival("/in", 0, 60);
        var (first, again) = Arrivals.First("/in", []).Look(trigger, Files("a"), Noon);
        Assert.Equal((null, Noon.AddSeconds(60)), (first.Firing, again));
        var (grown, later) = Arrivals.Read(first.Write()).Look(trigger, [new ArrivedFile("a", 2, Noon)], Noon.AddSeconds(30));
        Assert.Equal((null, Noon.AddSeconds(90)), (grown.Firing, later));
        Assert.NotNull(grown.Look(trigger, [new ArrivedFile("a", 2, Noon)], Noon.AddSeconds(90)).Next.Firing);
    }

    private static IReadOnlyList<ArrivedFile> Files(params string[] paths) => [.. paths.Select(path => new ArrivedFile(path, 1, Noon))];
}
