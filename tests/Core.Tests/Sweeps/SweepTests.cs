using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Xunit;

namespace Switchyard.Core.Tests.Sweeps;

public class SweepTests
{
    /// <summary>Grids by the lengths of their lists, with a list of so many sets (0 for none).</summary>
    private static readonly Arbitrary<(int[] Lengths, int Sets)> Shapes = Arb.From(
        from axes in Gen.Choose(0, 4)
        from lengths in Gen.ArrayOf(Gen.Choose(1, 5), axes)
        from sets in Gen.Choose(axes == 0 ? 1 : 0, 4)
        select (lengths, sets));

    [Fact]
    public void A_sweep_is_the_product_of_its_lists_in_order_the_last_fastest() => Check(shape =>
    {
        var expected = new List<string> { "" };
        foreach (var (length, axis) in shape.Lengths.Select((length, axis) => (length, axis)))
            expected = [.. expected.SelectMany(row => Enumerable.Range(0, length).Select(value => $"{row}p{axis}={value} "))];
        if (shape.Sets > 0)
            expected = [.. expected.SelectMany(row => Enumerable.Range(0, shape.Sets).Select(set => $"{row}s={set} "))];
        var sweep = Make(shape);
        return sweep.Count == expected.Count && expected.SequenceEqual(Rows(sweep)) && Enumerable.Range(0, expected.Count).All(at => sweep.At(at).Index == at);
    });

    [Fact]
    public void A_sweep_survives_being_written_and_read() => Check(shape => Make(shape) is var sweep && Rows(Sweep.Read(sweep.Write())).SequenceEqual(Rows(sweep)));

    [Fact]
    public void A_selection_runs_the_points_of_the_whole_under_their_own_indices() => Check(shape =>
    {
        var whole = Make(shape);
        long[] every = [.. Enumerable.Range(0, (int)whole.Points).Where(index => index % 2 == 0).Select(index => (long)index)];
        var some = Make(shape, every.Reverse().ToArray());
        return some.Count == every.Length && Enumerable.Range(0, every.Length).All(at => some.At(at).Index == every[at] && Row(some.At(at)) == Row(whole.Point(every[at])));
    });

    [Fact]
    public void The_points_at_which_a_parameter_has_a_value_are_those_that_say_so() => Check(shape =>
    {
        var sweep = Make(shape);
        var name = sweep.Names[^1];
        return sweep.Matching([new(name, "0")]).SequenceEqual(Enumerable.Range(0, (int)sweep.Points).Select(at => sweep.At(at)).Where(point => point.Texts()[name] == "0").Select(point => point.Index));
    });

    [Theory]
    [InlineData("""{"a":5}""", null, "grid.a")]
    [InlineData("""{"a":[]}""", null, "grid.a")]
    [InlineData("""{"a":"x"}""", null, "grid.a")]
    [InlineData("""{"a":{"b":1}}""", null, "grid.a")]
    [InlineData("""{"a":null}""", null, "grid.a")]
    [InlineData("""{"a":["\u0000"]}""", null, "grid.a[0]")]
    [InlineData("""{"a":[1],"a":[2]}""", null, "grid.a")]
    [InlineData("""{"":[1]}""", null, "grid")]
    [InlineData("{}", null, "grid")]
    [InlineData("[]", null, "grid")]
    [InlineData(null, null, "grid")]
    [InlineData("null", "null", "grid")]
    [InlineData(null, "[]", "sets")]
    [InlineData(null, "{}", "sets")]
    [InlineData(null, "[5]", "sets[0]")]
    [InlineData(null, """[{"a":1},{"a":1,"a":2}]""", "sets[1].a")]
    [InlineData("""{"a":[1]}""", """[{"a":1}]""", "sets[0].a")]
    [InlineData("""{"a":["\ud800"]}""", null, null)]
    [InlineData("""{"a":[{"x":["\udc00"]}]}""", null, null)]
    public void What_cannot_be_run_is_refused_with_the_field_and_a_remedy(string? grid, string? sets, string? field)
    {
        Assert.False(Sweep.Of(Json(grid), Json(sets), null).Ok(out _, out var refusal));
        Assert.Equal((RefusalCode.Invalid, field), (refusal.Code, refusal.Field));
    }

    [Theory]
    [InlineData(new long[0])]
    [InlineData(new long[] { 2 })]
    [InlineData(new long[] { -1 })]
    [InlineData(new long[] { 0, 0 })]
    public void A_selection_names_points_that_exist_each_once(long[] select) =>
        Assert.Equal("select", Sweep.Of(Json("""{"a":[1,2]}"""), null, select).Refusal!.Field);

    [Fact]
    public void What_is_too_large_is_counted_without_being_made()
    {
        Assert.True(Sweep.Of(Grid(1000, 1000, 1000), null, null).Ok(out var billion, out _));
        Assert.Equal(1_000_000_000, billion.Count);
        Assert.Contains("1000000000 runs and a sweep may make 10000", billion.Over(10_000)!.Message);
        Assert.Equal("p0=999 p1=999 p2=999 ", Row(billion.Point(999_999_999)));
        Assert.Equal("grid", Sweep.Of(Grid([.. Enumerable.Repeat(1000, 30)]), null, null).Refusal!.Field);
        Assert.True(Sweep.Of(Grid(1000, 1000), null, [7, 999_999]).Ok(out var two, out _));
        Assert.Null(two.Over(2));
    }

    [Fact]
    public void Values_may_be_anything_and_reach_the_run_as_texts()
    {
        Assert.True(Sweep.Of(Json("""{"a":[1.50,"x y",true,null,[1, [2]],{"k": "ü"}]}"""), null, null).Ok(out var sweep, out _));
        Assert.Equal(["1.50", "x y", "true", "null", "[1,[2]]", """{"k":"ü"}"""], Enumerable.Range(0, 6).Select(at => sweep.At(at).Texts()["a"]));
    }

    [Fact]
    public void Samples_have_each_choice_of_names_once()
    {
        Assert.True(Sweep.Of(null, Json("""[{"a":1},{"a":2},{"b":1},{},{"a":3,"b":1},{"b":2}]"""), null).Ok(out var sweep, out _));
        Assert.Equal([0, 2, 3, 4], sweep.Samples().Select(point => point.Index));
    }

    private static void Check(Func<(int[] Lengths, int Sets), bool> property) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Shapes, property));

    private static Sweep Make((int[] Lengths, int Sets) shape, long[]? select = null) =>
        Sweep.Of(
            shape.Lengths.Length == 0 ? null : Grid(shape.Lengths),
            shape.Sets == 0 ? null : Json($"[{string.Join(',', Enumerable.Range(0, shape.Sets).Select(set => $$"""{"s":{{set}}}"""))}]"),
            select).Ok(out var sweep, out var refusal) ? sweep : throw new InvalidOperationException(refusal.Message);

    private static JsonElement? Grid(params int[] lengths) =>
        Json($"{{{string.Join(',', lengths.Select((length, axis) => $"\"p{axis}\":[{string.Join(',', Enumerable.Range(0, length))}]"))}}}");

    private static JsonElement? Json(string? text) => text is null ? null : JsonElement.Parse(text);

    private static IEnumerable<string> Rows(Sweep sweep) => Enumerable.Range(0, (int)sweep.Count).Select(at => Row(sweep.At(at)));

    private static string Row(SweepPoint point) => string.Concat(point.Parameters.Select(pair => $"{pair.Key}={SweepPoint.Text(pair.Value)} "));
}
