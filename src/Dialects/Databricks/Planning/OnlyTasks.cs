using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>The tasks that <c>only</c> asks for: <c>k</c> alone, <c>+k</c> with all before it, <c>k+</c> with all after it.</summary>
internal static class OnlyTasks
{
    public static Outcome<HashSet<string>> Pick(IReadOnlyList<JsonObject> tasks, IReadOnlyList<string> only)
    {
        var before = tasks.ToDictionary(task => task.Text("task_key")!, task => task.Objects("depends_on").Select(d => d.Text("task_key")!).ToList());
        if (only.Count == 0)
            return before.Keys.ToHashSet();
        var after = before.SelectMany(pair => pair.Value.Select(on => (on, pair.Key))).ToLookup(edge => edge.on, edge => edge.Key);
        var picked = new HashSet<string>();
        foreach (var entry in only)
        {
            var key = entry.Trim('+');
            if (!before.ContainsKey(key))
                return Problem.Invalid($"Invalid value for parameter only: there is no task '{key}' in this job. Its tasks are {string.Join(", ", before.Keys.Take(20))}.");
            picked.Add(key);
            if (entry.StartsWith('+'))
                Spread(key, at => before[at], picked);
            if (entry.EndsWith('+'))
                Spread(key, at => after[at], picked);
        }

        return picked;
    }

    private static void Spread(string from, Func<string, IEnumerable<string>> next, HashSet<string> picked)
    {
        var open = new Stack<string>([from]);
        var seen = new HashSet<string> { from };
        while (open.TryPop(out var at))
        {
            foreach (var neighbour in next(at))
            {
                picked.Add(neighbour);
                if (seen.Add(neighbour))
                    open.Push(neighbour);
            }
        }
    }
}
