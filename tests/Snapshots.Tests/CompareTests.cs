using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;

namespace Switchyard.Snapshots.Tests;

/// <summary>How the files of two snapshots differ.</summary>
public sealed class CompareTests
{
    [Fact]
    public async Task Changes_are_told_by_path_and_what_is_equal_is_not()
    {
        using var place = new Place();
        place.Write("same/deep/file", "same");
        place.Write("changed", "one");
        place.Write("moved/file", "x");
        place.Write("kind", "a file");
        File.CreateSymbolicLink(Path.Combine(place.Project, "link"), "changed");
        var before = (await place.Freeze()).Id;
        place.Write("changed", "three");
        place.Write("added/more", "1");
        Directory.Delete(Path.Combine(place.Project, "moved"), true);
        File.Delete(Path.Combine(place.Project, "kind"));
        place.Write("kind/inside", "now a directory");
        File.Delete(Path.Combine(place.Project, "link"));
        File.CreateSymbolicLink(Path.Combine(place.Project, "link"), "elsewhere");
        var after = (await place.Freeze()).Id;
        FileChange[] expected =
        [
            new("added/more", null, 1), new("changed", 3, 5), new("kind/inside", null, 15), new("kind", 6, null), new("link", 0, 0), new("moved/file", 1, null),
        ];
        Assert.Equal(expected, place.Store.Compare(before, after, 100).Value);
        Assert.Equal(expected.Select(change => (change.Path, change.After, change.Before)).Order(), place.Store.Compare(after, before, 100).Value!.Select(change => (change.Path, change.Before, change.After)).Order());
        Assert.Empty(place.Store.Compare(after, after, 100).Value!);
        Assert.Equal(3, place.Store.Compare(before, after, 2).Value!.Count);
        Assert.Equal(RefusalCode.NotFound, place.Store.Compare(before, new string('0', 64), 2).Refusal!.Code);
    }
}
