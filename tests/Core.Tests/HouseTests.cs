using System.Runtime.CompilerServices;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests;

public class HouseTests
{
    [Fact]
    public void Core_references_nothing_but_the_base_library()
    {
        var foreign = typeof(RunLife).Assembly.GetReferencedAssemblies()
            .Where(name => name.Name is not ("netstandard" or "mscorlib") && !name.Name!.StartsWith("System.", StringComparison.Ordinal));
        Assert.Empty(foreign);
    }

    [Fact]
    public void The_page_on_states_shows_the_table_of_legal_moves_of_runs() =>
        Assert.Equal(LegalMoves.OfRuns.Select(move => $"{move.From} -> {move.To}").Order(), Documented("## A run"));

    [Fact]
    public void The_page_on_states_shows_the_table_of_legal_moves_of_instances() =>
        Assert.Equal(LegalMoves.OfTasks.Select(move => $"{move.From} -> {move.To}").Order(), Documented("## A task instance"));

    [Fact]
    public void Its_diagrams_show_legal_moves_only()
    {
        var legal = LegalMoves.OfRuns.Select(move => $"{move.From} --> {move.To}").Concat(LegalMoves.OfTasks.Select(move => $"{move.From} --> {move.To}")).ToHashSet();
        var drawn = File.ReadAllLines(Page()).Where(line => line.Contains("-->", StringComparison.Ordinal) && !line.Contains("[*]", StringComparison.Ordinal))
            .Select(line => line.Split(':')[0].Trim());
        Assert.All(drawn, arrow => Assert.Contains(arrow, legal));
    }

    [Fact]
    public void No_end_state_has_a_way_out()
    {
        Assert.DoesNotContain(LegalMoves.OfRuns, move => move.From.IsEnd());
        Assert.DoesNotContain(LegalMoves.OfTasks, move => move.From.IsEnd());
        Assert.All(Enum.GetValues<RunState>().Where(state => !state.IsEnd()), state => Assert.True(LegalMoves.Allows(state, RunState.Cancelled)
            || LegalMoves.Allows(state, RunState.Cancelling)));
    }

    private static IEnumerable<string> Documented(string heading) => File.ReadLines(Page())
        .SkipWhile(line => line != heading).Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| from", StringComparison.Ordinal))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Select(cells => $"{cells[1]} -> {cells[2]}").Order();

    /// <summary>The page, found from this file's own place or, where builds hide that, from the directory the test runs in.</summary>
    private static string Page([CallerFilePath] string here = "")
    {
        foreach (var start in (string[])[Path.GetDirectoryName(here) ?? "", AppContext.BaseDirectory, Environment.CurrentDirectory])
        {
            for (var directory = new DirectoryInfo(start.Length == 0 ? "." : start); directory is not null; directory = directory.Parent)
            {
                if (File.Exists(Path.Combine(directory.FullName, "Switchyard.slnx")))
                    return Path.Combine(directory.FullName, "docs", "state-machine.md");
            }
        }

        throw new FileNotFoundException("docs/state-machine.md");
    }
}
