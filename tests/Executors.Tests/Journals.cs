using Switchyard.Executors.Process.Hosting;

namespace Switchyard.Executors.Tests;

/// <summary>The host's journal as its successor reads it.</summary>
public sealed class Journals : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("yard-test-").FullName;

    private string JournalFile => Path.Combine(_directory, "journal");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_is_acknowledged_is_forgotten_and_the_rest_is_read_back()
    {
        Fill(Journal.Create(JournalFile, "boot", "/cgroup"));
        Check();
    }

    [Fact]
    public void Rewriting_keeps_the_living_and_goes_on()
    {
        var journal = Journal.Create(JournalFile, "boot", "/cgroup");
        for (var id = 100; id < 20_000; id++)
        {
            journal.Intend(new(id), null);
            journal.Exit(new(id));
            journal.Forget(id);
        }
        Assert.True(journal.Flush());
        Assert.True(journal.WantsCompaction(0));
        var before = new FileInfo(JournalFile).Length;
        journal.Compact("boot", "/cgroup", [Running(50), Ended(51)]);
        Assert.False(journal.WantsCompaction(2));
        Assert.True(new FileInfo(JournalFile).Length < before / 1000);
        Assert.Equal([50L, 51L], Journal.Read(JournalFile).Attempts.Keys.Order());
        journal.Forget(50);
        journal.Forget(51);
        Fill(journal);
        Check();
    }

    [Fact]
    public void A_torn_end_hides_nothing_before_it()
    {
        Fill(Journal.Create(JournalFile, "boot", "/cgroup"));
        var whole = File.ReadAllBytes(JournalFile);
        foreach (var tail in new byte[][] { [9], [50, 0, 0, 0, 2, 1], new byte[4096], [255, 255, 255, 255, 1, 2, 3] })
        {
            File.WriteAllBytes(JournalFile, [.. whole, .. tail]);
            Check();
        }
    }

    private static HostAttempt Running(long id) => new(id) { Stage = AttemptStage.Running, Pid = 7, StartTicks = 8, StartedAtMs = 9 };

    private static HostAttempt Ended(long id) =>
        new(id) { Stage = AttemptStage.Ended, ExitCode = 3, Signal = 0, StartedAtMs = 1, EndedAtMs = 2, Unproven = "ü", HasDirectory = true };

    private static void Fill(Journal journal)
    {
        journal.Intend(new(1), null);
        journal.Intend(Running(2), "/cgroup/a0");
        journal.Start(Running(2));
        journal.Intend(Ended(3), null);
        journal.Exit(Ended(3));
        journal.Exit(Ended(4));
        journal.Forget(4);
        Assert.True(journal.Flush());
    }

    private void Check()
    {
        var (boot, cgroups, attempts) = Journal.Read(JournalFile);
        Assert.Equal(("boot", "/cgroup"), (boot, cgroups));
        Assert.Equal([1L, 2L, 3L], attempts.Keys.Order());
        Assert.Equal((AttemptStage.Intended, 0), (attempts[1].Stage, attempts[1].Pid));
        Assert.Equal((AttemptStage.Running, 7, 8L, 9L), (attempts[2].Stage, attempts[2].Pid, attempts[2].StartTicks, attempts[2].StartedAtMs));
        Assert.Equal((AttemptStage.Ended, 3, "ü", true, 2L), (attempts[3].Stage, attempts[3].ExitCode, attempts[3].Unproven, attempts[3].HasDirectory, attempts[3].EndedAtMs));
    }
}
