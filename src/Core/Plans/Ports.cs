using System.Globalization;

namespace Switchyard.Core.Plans;

/// <summary>Ports of the node that each instance of a task is to have for itself while it runs.</summary>
/// <param name="Label">What they are for, unique in the task (<c>http</c>).</param>
/// <param name="Count">How many.</param>
/// <param name="First">The first of a fixed range; 0 for any free ones.</param>
public sealed record PortRequest(string Label, int Count, int First = 0);

/// <summary>What of its node an attempt holds for itself: ports by label, in the order they were asked for, and GPUs.</summary>
/// <param name="labels">Labels with their ports.</param>
/// <param name="gpus">Indices of GPUs, from 0.</param>
public sealed class Grant(IReadOnlyList<KeyValuePair<string, IReadOnlyList<int>>> labels, IReadOnlyList<int> gpus)
{
    /// <summary>What GPUs stand under in the text; no port's label can be called so.</summary>
    private const string GpuMark = "#gpu";

    /// <summary>Labels with their ports.</summary>
    public IReadOnlyList<KeyValuePair<string, IReadOnlyList<int>>> Labels { get; } = labels;

    /// <summary>Indices of the GPUs, from 0.</summary>
    public IReadOnlyList<int> Gpus { get; } = gpus;

    /// <summary>All ports.</summary>
    public IEnumerable<int> Ports => Labels.SelectMany(label => label.Value);

    /// <summary>The ports of a label; empty when it has none.</summary>
    public IReadOnlyList<int> Of(string label)
    {
        foreach (var entry in Labels)
        {
            if (entry.Key == label)
                return entry.Value;
        }

        return [];
    }

    /// <summary>As it is stored: <c>http=20000,20001;ssh=20002;#gpu=0,1</c>.</summary>
    public override string ToString() =>
        string.Join(';', (Gpus.Count == 0 ? Labels : Labels.Append(new(GpuMark, Gpus))).Select(label => $"{label.Key}={List(label.Value)}"));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static Grant Read(string text)
    {
        var all = text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(part =>
        {
            var equals = part.LastIndexOf('=');
            IReadOnlyList<int> numbers = [.. part[(equals + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
            return KeyValuePair.Create(part[..equals], numbers);
        }).ToList();
        return all is [.., { Key: GpuMark, Value: var gpus }] ? new Grant(all[..^1], gpus) : new Grant(all, []);
    }

    /// <summary>Numbers as a list with commas.</summary>
    public static string List(IReadOnlyList<int> numbers) => string.Join(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
}

/// <summary>
/// A variable that every instance of a gang gets, about one instance of one task (or about a task as a whole): how the
/// members of a gang find each other. In the name, <c>{task}</c>, <c>{index}</c> and <c>{label}</c> stand for the task's
/// key, the instance's index and a port's label.
/// </summary>
/// <param name="Name">The variable's name, with the marks above.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Label">The port label that <see cref="PeerValue.HostList"/> takes; otherwise null for all labels.</param>
public sealed record PeerVariable(string Name, PeerValue Kind, string? Label = null);

/// <summary>What a <see cref="PeerVariable"/> says.</summary>
public enum PeerValue
{
    /// <summary>The instance's host; once for each instance.</summary>
    Host,

    /// <summary>The instance's ports of a label, with commas; once for each instance and label.</summary>
    Ports,

    /// <summary><c>host:port</c> of all instances of a task, with commas, by the first port of a label; once for each task.</summary>
    HostList,
}
