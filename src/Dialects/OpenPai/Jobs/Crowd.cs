using System.Globalization;
using System.Text;
using Switchyard.Core.Plans;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>
/// How many tasks can be told of each other: the system limits the arguments and the environment of a program, and
/// each variable of it. Counted as the system counts, with the longest that numbers can be.
/// </summary>
internal static class Crowd
{
    /// <summary>The longest variable the system takes, with its name and without its end.</summary>
    private const int LongestVariable = 128 * 1024 - 1;

    /// <summary>The end of a text and the place that points at it.</summary>
    private const int PerText = 1 + 8;

    /// <summary>The longest port and what stands between two; ids and the other numbers that are known later; a directory.</summary>
    private const int PerPort = 6, PerReference = 20, PerDirectory = 4096;

    /// <summary>What the host and the engine add to every task's environment.</summary>
    private const int Added = 4096;

    /// <summary>Why these tasks cannot be told of each other, or null.</summary>
    public static string? Problem(IReadOnlyList<PlanTask> tasks, OpenPaiOptions options)
    {
        var address = options.HostAddress.Length;
        foreach (var task in tasks)
        {
            var most = (LongestVariable - HostList(task)) / (address + PerPort + 1);
            if (task.Instances > most)
                return $"{task.Instances} tasks of {task.Key} cannot be listed in one variable on this system; at most {most} can";
        }

        var shared = tasks.Sum(task => HostList(task) + PerText + (task.Instances * (address + PerPort + 1 + Each(task, address))));
        var own = tasks.Max(task => Own(task, address)) + Added;
        if (shared + own <= options.ProgramBytes)
            return null;
        var largest = tasks.MaxBy(task => task.Instances * Each(task, address))!;
        var less = (shared + own - options.ProgramBytes - 1) / (Each(largest, address) + address + PerPort + 1) + 1;
        var remedy = less < largest.Instances ? $"with at most {largest.Instances - less} tasks of {largest.Key} they do" : "ask for fewer tasks or ports";
        return $"{tasks.Sum(task => (long)task.Instances)} tasks do not fit into a program's environment on this system: addresses and ports of all take {shared} bytes, "
            + $"a task's own variables and command {own}, and there are {options.ProgramBytes}; {remedy}";
    }

    private static long HostList(PlanTask task) => Size($"PAI_TASK_ROLE_{task.Key}_HOST_LIST=");

    /// <summary>What one task adds to the environment of all, but for its place in the list of hosts.</summary>
    private static long Each(PlanTask task, int address)
    {
        var index = task.Instances.ToString(CultureInfo.InvariantCulture).Length;
        var name = Size(task.Key) + index;
        return Size("PAI_HOST_IP__=") + name + address + PerText
            + task.Ports.Sum(port => Size("PAI_PORT_LIST___=") + Size("PAI____PORT=") + (2 * (name + Size(port.Label) + ((long)PerPort * port.Count) + PerText)));
    }

    /// <summary>A task's own variables and its command.</summary>
    private static long Own(PlanTask task, int address)
    {
        var command = (CommandAction)task.Action;
        var ports = task.Ports.Sum(port => (long)PerPort * port.Count);
        long Bytes(Binding binding) => PerText + binding.Segments.Sum(segment => segment switch
        {
            { Text: { } text } => Size(text),
            { Reference.Kind: ReferenceKind.AllocationPort } => ports,
            { Reference.Kind: ReferenceKind.AllocationHost } => address,
            { Reference.Kind: ReferenceKind.AttemptDirectory } => PerDirectory,
            _ => PerReference,
        });
        return Size(task.Key) + command.Arguments.Sum(Bytes) + command.Environment.Sum(variable => Size(variable.Key) + 1 + Bytes(variable.Value));
    }

    private static long Size(string text) => Encoding.UTF8.GetByteCount(text);
}
